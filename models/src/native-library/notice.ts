/**
 * Whether a line on stderr is one that TensorFlow's library writes on every start, and no fault: an information in the form of
 * its log ("I0000 …", such as that oneDNN is on), or its remark that its log has not been set up. None of its settings
 * silences them; its warnings and errors ("W", "E", "F") look otherwise.
 */
export const isLibraryNotice = (line: string): boolean =>
  /^I\d{4} /.test(line) || line.startsWith('WARNING: All log messages before absl::InitializeLog() is called');
