import { CloudFormationClient, DeleteChangeSetCommand, ListChangeSetsCommand } from '@aws-sdk/client-cloudformation';

/** Prefix of the SAM CLI's change sets. */
const SAM_CHANGE_SET = /^samcli-deploy\d+$/;

/** Deletes the change sets that a dry run has left: they could be executed by mistake long afterwards. */
export async function discardChangeSets(StackName: string, region: string): Promise<void> {
  const client = new CloudFormationClient({ region });
  try {
    const { Summaries = [] } = await client.send(new ListChangeSetsCommand({ StackName }));
    for (const { ChangeSetName = '', ExecutionStatus } of Summaries) {
      if (ExecutionStatus !== 'AVAILABLE' || !SAM_CHANGE_SET.test(ChangeSetName)) continue;
      await client.send(new DeleteChangeSetCommand({ StackName, ChangeSetName }));
    }
  } finally {
    client.destroy();
  }
}
