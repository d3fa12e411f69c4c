import { stat } from 'node:fs/promises';
import { PROJECT } from '../../command/project.ts';
import { DemoInputError } from '../errors.ts';
import { systemErrorCode } from './system-error-code.ts';
import { type FolderContent, type FoundFile, walkFolder } from './walk-folder.ts';

const PACKAGES = 'node_modules';
/** Part of the `node` package; about 120 MB, so that the demo includes multipart uploads and ranged reads. */
const LARGE_FILE = 'node_modules/node/bin/node';
const TEXT = /\.(js|mjs|cjs|ts|mts|cts|json|map|md|css|html|txt|ya?ml)$/;
const MAX_TEXT = 1_000_000;
/** The emulated regions take some 400 requests a second; this keeps the whole run well under two minutes. */
const TEXT_FILES = 2_000;

/**
 * The files to replicate: a user's folder, or a selection that every checkout has after `npm ci`.
 * @param folder absolute; undefined for the selection
 * @throws DemoInputError when there is no such folder, or nothing in it to replicate
 */
export async function chooseFiles(folder: string | undefined): Promise<FolderContent> {
  return folder === undefined ? chooseInstalledFiles() : walkUserFolder(folder);
}

async function walkUserFolder(folder: string): Promise<FolderContent> {
  let content: FolderContent;
  try {
    content = await walkFolder(folder);
  } catch (cause) {
    throw new DemoInputError(`--source ${folder} ${describeProblem(cause)}`, { context: { folder }, cause });
  }
  if (content.files.length > 0) return content;
  const skipped = content.skipped.length === 0 ? 'it is empty' : `all ${content.skipped.length} entries were skipped`;
  throw new DemoInputError(`Nothing to replicate in --source ${folder}: ${skipped}`, { context: { folder } });
}

function describeProblem(cause: unknown): string {
  const code = systemErrorCode(cause);
  if (code === 'ENOENT') return 'does not exist';
  return code === 'ENOTDIR' ? 'is not a folder' : `cannot be read: ${code ?? String(cause)}`;
}

/**
 * Text files from all installed packages, evenly chosen so that every content type is included, and one large binary.
 */
async function chooseInstalledFiles(): Promise<FolderContent> {
  const { files } = await walkFolder(`${PROJECT}${PACKAGES}`);
  const texts = files.filter(({ relativePath, size }) => TEXT.test(relativePath) && size <= MAX_TEXT);
  const step = Math.max(1, texts.length / TEXT_FILES);
  const chosen = Array.from(
    { length: Math.min(TEXT_FILES, texts.length) },
    (_, index) => texts[Math.floor(index * step)],
  );
  const named = chosen.filter((file) => file !== undefined).map(fromProject);
  return { files: [...named, ...(await largeFile())], skipped: [] };
}

function fromProject(file: FoundFile): FoundFile {
  return { ...file, relativePath: `${PACKAGES}/${file.relativePath}` };
}

/** Missing if npm ran without lifecycle scripts; then the demo runs without it. */
async function largeFile(): Promise<FoundFile[]> {
  const path = `${PROJECT}${LARGE_FILE}`;
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  return size === undefined ? [] : [{ relativePath: LARGE_FILE, path, size }];
}
