import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Folder for the files of a deployment, beside the SAM CLI's own. */
const SAM_FOLDER = '.aws-sam';
const STACKS = 'src/stacks';
const PACKAGE_TYPE = /^( *)PackageType: Image$/gm;

/**
 * Relative to the project's folder: the template that the image is built from, and the output folder of `sam build`.
 */
export const IMAGE_TEMPLATE = `${SAM_FOLDER}/image.yaml`;
export const IMAGE_BUILD = `${SAM_FOLDER}/image`;

/** One function is enough to build the image of all of them, and to push it. It is never deployed. */
const IMAGE = `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  Functions:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: layers/Dockerfile, DockerContext: .., DockerTag: functions }
    Properties: { PackageType: Image, Architectures: [arm64] }
`;

/** Writes the template that the image is built from. */
export async function writeImageTemplate(project: string): Promise<void> {
  await mkdir(join(project, SAM_FOLDER), { recursive: true });
  await writeFile(join(project, IMAGE_TEMPLATE), IMAGE);
}

/** The first image in a template; undefined if there is none. */
export function imageOf(template: string): string | undefined {
  return /^ *ImageUri: (\S+)$/m.exec(template)?.[1];
}

/**
 * Copies all templates, with the image that every function runs: the SAM CLI does not push an image that is already in
 * a registry; otherwise it would push it once per function, including those of other regions.
 * @returns path of the root template, relative to the project
 */
export async function writeRegionTemplates(project: string, region: string, image: string): Promise<string> {
  const folder = `${SAM_FOLDER}/deploy/${region}`;
  await rm(join(project, folder), { recursive: true, force: true });
  await mkdir(join(project, folder, STACKS), { recursive: true });
  await cp(join(project, 'template.yaml'), join(project, folder, 'template.yaml'));
  for (const name of await readdir(join(project, STACKS))) {
    const text = await readFile(join(project, STACKS, name), 'utf8');
    await writeFile(join(project, folder, STACKS, name), text.replace(PACKAGE_TYPE, `$&\n$1ImageUri: ${image}`));
  }
  return `${folder}/template.yaml`;
}
