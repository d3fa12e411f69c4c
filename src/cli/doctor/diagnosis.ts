/** `unseen`: whether all is well could not be looked at. */
export type DiagnosisStatus = 'ok' | 'warning' | 'failure' | 'unseen';

/** What one check has found out about one thing. */
export interface Diagnosis {
  readonly status: DiagnosisStatus;
  /** What it is about, such as `bucket photos (eu-west-1)`. */
  readonly subject: string;
  /** One sentence or two. */
  readonly says: string;
  /** The command, or the change, that fixes it. */
  readonly fix?: string;
}

export function ok(subject: string, says: string): Diagnosis {
  return { status: 'ok', subject, says };
}

/** It works, and may not do what its owner expects, or not for long. */
export function warning(subject: string, says: string, fix: string): Diagnosis {
  return { status: 'warning', subject, says, fix };
}

/** Objects do not arrive, or a deployment will fail. */
export function failure(subject: string, says: string, fix: string): Diagnosis {
  return { status: 'failure', subject, says, fix };
}

export function unseen(subject: string, says: string, fix?: string): Diagnosis {
  return { status: 'unseen', subject, says, ...(fix === undefined ? {} : { fix }) };
}
