/** `notChecked`: the check could not read what it needs. */
export type DiagnosisStatus = 'ok' | 'warning' | 'failure' | 'unseen';

/** The finding of one check about one subject. */
export interface Diagnosis {
  readonly status: DiagnosisStatus;
  /** The subject, such as `bucket photos (eu-west-1)`. */
  readonly subject: string;
  /** One or two sentences. */
  readonly says: string;
  /** The command, or the change, that fixes it. */
  readonly fix?: string;
  /** The check ran out of time: with more time, it may succeed. */
  readonly isLate?: true;
}

export function ok(subject: string, says: string): Diagnosis {
  return { status: 'ok', subject, says };
}

/** It works, but perhaps not as its owner expects, or not for long. */
export function warning(subject: string, says: string, fix: string): Diagnosis {
  return { status: 'warning', subject, says, fix };
}

/** Objects do not arrive, or a deployment will fail. */
export function failure(subject: string, says: string, fix: string): Diagnosis {
  return { status: 'failure', subject, says, fix };
}

export function notChecked(subject: string, says: string, fix?: string): Diagnosis {
  return { status: 'unseen', subject, says, ...(fix === undefined ? {} : { fix }) };
}
