import { replicatesDeletes } from '../../configuration/rule.ts';
import type { StackContext } from '../sam-calls.ts';
import { byRule, RULE, RULE_LABEL } from './lines.ts';
import { expression, type Row, search } from './widgets.ts';

const AT_TARGET = ['ObjectsDeleted', 'DeletionsOfAbsentObjects', 'DeletionsOfNewerObjects', 'DeletionsOfKeptObjects'];

/** Widgets of replicated deletions; empty if no rule replicates them. */
export function deletionRows({ settings: { stack_name: namespace }, plan }: StackContext): Row[] {
  const rules = plan.outgoing.filter(replicatesDeletes);
  if (rules.length === 0) return [];
  const deleting = rules.flatMap(({ destinations }) => destinations.filter(({ deletes }) => deletes === 'replicate'));
  const targets = [...new Set(deleting.map(({ region }) => region))];
  const dimensions = [...RULE, 'TargetRegion'];
  return [
    {
      height: 6,
      widgets: [
        {
          title: 'Deletions packed, by rule',
          region: plan.region,
          metrics: [byRule(namespace, 'DeletionsPacked', 'Sum')],
        },
        ...targets.map((target) => ({
          title: `${target}: objects deleted, and deletions without effect`,
          region: target,
          isStacked: true,
          metrics: AT_TARGET.map((name) =>
            expression(search({ namespace, dimensions, name, statistic: 'Sum' }), { label: `${name} ${RULE_LABEL}` }),
          ),
        })),
      ],
    },
  ];
}
