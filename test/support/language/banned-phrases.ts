/** A phrase that stops a native reader, and what to write in its place (docs/glossary.md has the words of this project). */
export interface BannedPhrase {
  readonly pattern: RegExp;
  readonly advice: string;
}

const BRITISH_VERBS = [
  'authoris',
  'canonicalis',
  'capitalis',
  'categoris',
  'characteris',
  'customis',
  'emphasis',
  'finalis',
  'generalis',
  'initialis',
  'localis',
  'materialis',
  'maximis',
  'memoris',
  'minimis',
  'normalis',
  'optimis',
  'organis',
  'parallelis',
  'prioritis',
  'randomis',
  'realis',
  'recognis',
  'sanitis',
  'serialis',
  'specialis',
  'standardis',
  'summaris',
  'synchronis',
  'tokenis',
  'utilis',
  'visualis',
].join('|');

/** What a count may be told per: `one queue a region` reads as if a region were a queue. */
const UNITS =
  'rule|region|archive|object|frame|part|byte|GB|MB|key|message|batch|process|task|function|bucket|request|call|queue|' +
  'stack|vCPU|level|class|page|record|alarm|metric|run';

/** Each phrase is looked for in every line of code, tests and documents, whatever the case of its letters. */
export const BANNED_PHRASES: readonly BannedPhrase[] = [
  { pattern: /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b)/gi, advice: '"is not a", "is invalid", "has no"' },
  { pattern: /\bmend(?:s|ed|ing)?\b/gi, advice: '"fix"' },
  { pattern: /\b(?:go|goes|gone|going|went) on\b/gi, advice: '"resume", "continue", "keep"' },
  { pattern: /\b(?:heard of no more|taken for dead|is at it)\b/gi, advice: '"the lease has expired", "owns"' },
  { pattern: /\b[A-Z]+_AN?_[A-Z]+\b/g, advice: '_PER_, MAX_CONCURRENT_' },
  { pattern: /\b(?:MOST|LEAST|LONGEST|SHORTEST)_[A-Z]+/g, advice: 'MAX_, MIN_' },
  { pattern: /[a-z]An?(?=(?:Byte|Object|Archive|Terabyte|Second|Frame|Rule|Region)\b)/g, advice: '...Per...' },
  { pattern: new RegExp(`\\b(?:${BRITISH_VERBS})(?:e|es|ed|er|ing|ation)\\b`, 'gi'), advice: 'US spelling: -ize' },
  {
    pattern: /\b(?:neighbour|behaviour|colour|favour|honour|labour|catalogue|centre|artefact|judgement|programme)/gi,
    advice: 'US spelling: -or, catalog, center, artifact, judgment, program',
  },
  {
    pattern:
      /\b(?:towards|learnt|spelt|whilst|amongst|fulfil|ageing|grey|labelled|modelled|travelled|signalled|licence)\b/gi,
    advice: 'US spelling: toward, learned, while, among, fulfill, aging, gray, labeled, license',
  },
  { pattern: /\banalys(?:e|es|ed|ing)\b/gi, advice: 'US spelling: analyze' },
  { pattern: /\b(?:send|sends|sent|sending)(?: it| them| one)? again\b/gi, advice: '"requeue" or "resend"' },
  { pattern: /\banew\b/gi, advice: '"again", "from scratch", "restart", "requeue", "rewrite"' },
  { pattern: /\b(?:worn out|wears? (?:it |a message |messages )?out)\b/gi, advice: '"exceeds maxReceiveCount"' },
  {
    pattern: /\b(?:in|into|to|from|among) (?:the|its|their) dead letters\b/gi,
    advice: '"dead-letter(s)" or "dead-letter queue"',
  },
  {
    pattern: /\b(?:stands(?! for\b)|stood|(?:to|must|can|may|that|which|objects) stand(?! for))\b/gi,
    advice: '"exists", "is stored", "is"',
  },
  { pattern: /\btime-outs?\b/gi, advice: '"timeout"' },
  { pattern: /\bsomebody\b/gi, advice: '"another worker", "a user", "someone"' },
  { pattern: /\bfaults? of ours\b/gi, advice: '"bug"' },
  { pattern: /\bin work\b/gi, advice: '"in progress"' },
  { pattern: /\b(?:give|gives|gave|given|giving) back\b/gi, advice: '"requeue", "release", "return"' },
  { pattern: /\bknown here\b/gi, advice: '"unknown key"' },
  { pattern: /\b(?:has|have|had) not (?:the|an?|its|one)\b/gi, advice: '"does not have"' },
  { pattern: /\bof our making\b/gi, advice: '"made up", "of ours"' },
  { pattern: /\b(?:can|may|could) be had back\b/gi, advice: '"can be recovered"' },
  { pattern: /\b(?:come|comes|came) to no end\b/gi, advice: '"does not finish"' },
  { pattern: /\bwears? (?:them|messages) out\b/gi, advice: '"exceeds maxReceiveCount"' },
  { pattern: /\blooks? whose\b/gi, advice: '"check whose"' },
  { pattern: /\bfor ever\b/gi, advice: '"forever"' },
  { pattern: /\b(?:is|are|was|were) not there\b/gi, advice: '"does not exist", "is missing"' },
  { pattern: /\btill\b/gi, advice: '"until"' },
  {
    pattern:
      /\b(?:(?<!async )function run|no run of|limits of a run|a run cannot|runs? of a function|runs at a time)\b/gi,
    advice: '"invocation", "concurrency"',
  },
  {
    pattern: new RegExp(
      `\\b(?:USD|dollars?|once|twice|times|(?:one|two|three|\\d+) (?!(?:has|is|as|of|that|when|instead|in|on|from|by|with|for|to|or|after|without|vcpu)\\b)[a-z]+|GB|MB) an? (?:${UNITS})\\b`,
      'gi',
    ),
    advice: '"per"',
  },
];
