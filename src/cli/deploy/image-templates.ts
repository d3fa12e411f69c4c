import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Folder for the files of a deployment, next to that of the SAM CLI. */
const SAM_FOLDER = '.aws-sam';
/** Path from the root template to the others. */
export const NESTED_TEMPLATES = 'src/stacks';
const PACKAGE_TYPE = /^( *)PackageType: Image$/gm;

/**
 * Relative to the project's folder: the template that the image is built from, and the output folder of `sam build`.
 */
export const IMAGE_TEMPLATE = `${SAM_FOLDER}/image.yaml`;
export const IMAGE_BUILD = `${SAM_FOLDER}/image`;

/** Copy of a configuration from another folder: a build sees nothing outside the project. */
const IMAGE_CONFIGURATION = `${SAM_FOLDER}/configuration`;

/** One function is enough to build the image of all of them, and to push it. It is never deployed. */
function imageTemplate(configuration: string | undefined): string {
  const tags = 'Dockerfile: layers/Dockerfile, DockerContext: .., DockerTag: functions';
  const build = configuration === undefined ? '' : `, DockerBuildArgs: { CONFIGURATION: ${configuration} }`;
  return `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  Functions:
    Type: AWS::Serverless::Function
    Metadata: { ${tags}${build} }
    Properties: { PackageType: Image, Architectures: [arm64] }
`;
}

/**
 * Writes the template that the image is built from.
 * @param configuration paths of the files that the image gets; undefined for those of the project
 */
export async function writeImageTemplate(project: string, configuration?: readonly string[]): Promise<void> {
  const copied = join(project, IMAGE_CONFIGURATION);
  await rm(copied, { recursive: true, force: true });
  await mkdir(join(project, SAM_FOLDER), { recursive: true });
  for (const path of configuration ?? []) await cp(path, join(copied, basename(path)));
  const from = configuration === undefined ? undefined : IMAGE_CONFIGURATION;
  await writeFile(join(project, IMAGE_TEMPLATE), imageTemplate(from));
}

/** The first image in a template; undefined if there is none. */
export function imageOf(template: string): string | undefined {
  return /^ *ImageUri: (\S+)$/m.exec(template)?.[1];
}

/**
 * Copies all templates, with the image that every function runs: the SAM CLI does not push an image that is already in
 * a registry; otherwise it would push it once per function, including those of other regions.
 * @param template the root template, which refers to the nested ones in `NESTED_TEMPLATES`
 * @returns path of the root template, relative to the project
 */
export async function writeRegionTemplates(
  project: string,
  template: string,
  { region, image }: { readonly region: string; readonly image: string },
): Promise<string> {
  const folder = `${SAM_FOLDER}/deploy/${region}`;
  await rm(join(project, folder), { recursive: true, force: true });
  await mkdir(join(project, folder, NESTED_TEMPLATES), { recursive: true });
  await writeFile(join(project, folder, 'template.yaml'), template);
  for (const name of await readdir(join(project, NESTED_TEMPLATES))) {
    const text = await readFile(join(project, NESTED_TEMPLATES, name), 'utf8');
    await writeFile(
      join(project, folder, NESTED_TEMPLATES, name),
      text.replace(PACKAGE_TYPE, `$&\n$1ImageUri: ${image}`),
    );
  }
  return `${folder}/template.yaml`;
}
