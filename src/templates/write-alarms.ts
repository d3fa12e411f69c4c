import { type AlarmRow, alarmProperties } from './alarm.ts';
import { MissingAlarmMarkerError } from './errors.ts';
import { renderYaml } from './yaml.ts';

const BEGIN = '  # >>> Written by `npm run alarms:write` from src/templates/alarms.ts\n';
const END = '  # <<<\n';

/**
 * The text of a stack, with its alarms between the two marks.
 * @throws MissingAlarmMarkerError when the stack has no marks
 */
export function updateAlarms(stack: string, file: string, rows: readonly AlarmRow[]): string {
  const begin = stack.indexOf(BEGIN);
  const end = stack.indexOf(END, begin);
  if (begin === -1 || end === -1) {
    throw new MissingAlarmMarkerError(
      `${file} has alarms in src/templates/alarms.ts but no place for them. Add these two lines to its resources:\n${BEGIN}${END}`,
      { context: { file } },
    );
  }
  return `${stack.slice(0, begin + BEGIN.length)}${rows.map(renderAlarm).join('\n')}${stack.slice(end)}`;
}

function renderAlarm(row: AlarmRow): string {
  const comment = (row.why?.split('\n') ?? []).map((line) => `  # ${line}\n`).join('');
  const resource = { Type: 'AWS::CloudWatch::Alarm', Properties: alarmProperties(row) };
  return `${comment}${renderYaml({ [row.id]: resource }, '  ')}`;
}
