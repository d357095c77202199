import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const known = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Chromium without a window; the environment's CHROMIUM names another than Debian's. */
export async function openBrowser() {
  const executablePath = known.find((path) => path !== '' && existsSync(path));
  if (executablePath === undefined) throw new Error('no Chromium: CHROMIUM names one');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  return {
    /**
     * Opens an address with an empty cache.
     * @param lines sites that must stand on the page; 0: whatever the answer is
     * @returns milliseconds from the start of the navigation until that is painted
     */
    async seen(address, { cookie, lines }) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      try {
        const [name, value] = cookie.split('=', 2);
        await context.addCookies([{ name, value, url: new URL(address).origin }]);
        await context.addInitScript(notePainting, lines);
        const page = await context.newPage();
        await page.goto(address);
        return await page.evaluate(() => window.painted);
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}

/** In the browser: notes when what is waited for was painted. The second frame begins when the first is on the screen. */
function notePainting(lines) {
  window.painted = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`nothing is seen at ${location.href}`)), 30_000);
    const look = () => {
      const there = lines === 0 ? document.readyState === 'complete' : document.querySelectorAll('.strip li').length;
      if (there === true || there === lines) {
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
      } else requestAnimationFrame(look);
    };
    look();
  });
}
