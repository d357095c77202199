/** Where the lead's key lies, and what opens it. */
export const KeyFields = () => (
  <fieldset className="key-fields">
    <legend>The lead’s key</legend>
    <p className="quiet small">
      It is opened in this browser, signs here, and is forgotten ten minutes after its last use. It is never sent.
    </p>
    <label>
      <span>
        File <code>lead.key</code> of the lead’s folder
      </span>
      <input name="key" type="file" required />
    </label>
    <label>
      Passphrase
      <input name="passphrase" type="password" autoComplete="off" required />
    </label>
  </fieldset>
);
