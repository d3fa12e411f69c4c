import { access } from 'node:fs/promises';

/** Where Linux lists the emulators of other machines. */
const ARM64_EMULATION = '/proc/sys/fs/binfmt_misc/qemu-aarch64';

/** Properties of the machine that builds. */
export interface BuildMachine {
  /** `process.arch`, `process.platform`. */
  readonly arch: string;
  readonly platform: string;
  /** Whether Linux runs arm64 programs by emulation; Docker Desktop does so by itself on other systems. */
  readonly canEmulateArm64: boolean;
}

/** The properties of this machine. */
export async function readBuildMachine(): Promise<BuildMachine> {
  const canEmulateArm64 = await access(ARM64_EMULATION).then(
    () => true,
    () => false,
  );
  return { arch: process.arch, platform: process.platform, canEmulateArm64 };
}

/**
 * Advice about the build of the image, before it begins:
 *
 * | machine                     | arm64 programs run         | advice         |
 * |-----------------------------|----------------------------|----------------|
 * | arm64                       | natively                   | none           |
 * | other, macOS or Windows     | in Docker's own machine    | it takes longer |
 * | other, Linux with emulation | by emulation               | it takes longer |
 * | other, Linux without        | not at all                 | how to get it  |
 */
export function describeBuild({ arch, platform, canEmulateArm64 }: BuildMachine): string {
  const lines = [
    'Building the image for arm64. This needs Docker, Finch or Podman, and internet access to public.ecr.aws, the packages of Amazon Linux',
    'and npm, and to nodejs.org if the base image lacks the headers of its Node.',
  ];
  if (arch === 'arm64') return `${lines.join('\n')}\n`;
  return `${[
    ...lines,
    canBuildArm64({ arch, platform, canEmulateArm64 })
      ? `This machine is ${arch}: the build runs under emulation, which is several times slower.`
      : `This machine is ${arch} and does not seem to emulate arm64. If the build fails with "exec format error", run once:\n` +
        '  docker run --privileged --rm tonistiigi/binfmt --install arm64',
    'There is no prebuilt image. An arm64 machine, which AWS CodeBuild and most CI services offer, builds it natively.',
  ].join('\n')}\n`;
}

/** Whether a build for arm64 can work, as far as is known. */
export function canBuildArm64({ arch, platform, canEmulateArm64 }: BuildMachine): boolean {
  return arch === 'arm64' || platform !== 'linux' || canEmulateArm64;
}
