/** Statements that no job fails without here, and why; docs/security.md repeats the list. */
export const NOT_ENFORCED: Readonly<Record<string, string>> = {
  DeleteFailedVersions: 'needed only when a successor has arrived, and moto replicates nothing',
  WriteLogs: 'Lambda writes the logs, and there is no Lambda',
  ReadPublicPrices: 'moto has no Price List; without one the price file is used',
  HandTheReplicationRoleToS3: 'moto does not check iam:PassRole',
  DecryptObjects: 'moto encrypts nothing',
  EncryptObjects: 'moto encrypts nothing',
  EncryptArchives: 'moto encrypts nothing',
  DecryptArchives: 'moto encrypts nothing',
  RecryptArchives: 'moto encrypts nothing',
  DecryptStatistics: 'moto encrypts nothing',
  LearnLevels: 'without statistics a level is still chosen',
  FindWhatIsThere: 'needed only when an object vanishes between two calls, and for objects of 1 GiB and more',
  FindInterruptedArchives: 'needed only for objects of 1 GiB and more',
  TellMissingProgressFromForbidden: 'needed only for objects of 1 GiB and more',
  KeepProgress: 'needed only for objects of 1 GiB and more',
  StageParts: 'needed only for objects over 78 GiB',
};
