import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const HEADLESS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=5000', '--dump-dom'];

/** A browser that runs without a display; undefined if this machine has none. */
export async function findBrowser(): Promise<string | undefined> {
  for (const name of NAMES) {
    const found = await promisify(execFile)(name, ['--version']).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return undefined;
}

/** Runs in the page: finds elements that are wider than the page or their box. */
const MEASURE = `
const page = document.querySelector('iframe').contentDocument;
const width = page.documentElement.clientWidth;
const cut = [...page.querySelectorAll('body *')].filter((element) => {
  const { right, width: own } = element.getBoundingClientRect();
  const inSvg = element.closest('svg') !== null;
  return own > 0 && (right > width + 1 || (!inSvg && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0));
});
const boxes = [...page.querySelectorAll('svg .title, .fill')].filter((element) => element.getBoundingClientRect().width > 0);
document.body.textContent = JSON.stringify({
  cut: cut.map((element) => element.tagName + ' ' + element.textContent.slice(0, 40)),
  boxes: boxes.length,
});`;

export interface MeasuredPage {
  /** Elements that are cut off at the right, or overflow. */
  readonly cut: readonly string[];
  /** Number of boxes in the picture and bars in the diagram with a width. */
  readonly boxes: number;
}

/** Lays a page out at a width, in CSS pixels. */
export async function measurePage(browser: string, page: string, width: number): Promise<MeasuredPage> {
  const folder = await mkdtemp(join(tmpdir(), 'browser-'));
  try {
    const source = page.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
    const frame = `<iframe style="border:0;width:${width}px;height:4000px" srcdoc="${source}"></iframe>`;
    const file = join(folder, 'frame.html');
    await writeFile(file, `<!doctype html><body>${frame}<script>onload = () => { ${MEASURE} };</script></body>`);
    const args = [...HEADLESS, `--user-data-dir=${join(folder, 'profile')}`, `file://${file}`];
    const { stdout } = await promisify(execFile)(browser, args);
    const [, json = ''] = /<body>(.*?)<\/body>/s.exec(stdout) ?? [];
    return JSON.parse(json) as MeasuredPage;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
