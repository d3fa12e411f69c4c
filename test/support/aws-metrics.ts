/**
 * Metrics that AWS's services publish with these dimensions, limited to those that the stacks name: SQS developer
 * guide, "Available CloudWatch metrics"; Lambda developer guide, "Types of metrics"; S3 user guide, "Metrics and
 * dimensions" (replication metrics); ECS developer guide, "CloudWatch metrics"; EventBridge user guide, "Monitoring";
 * Step Functions developer guide, "Monitoring metrics using CloudWatch". Read or known 2026-11-23.
 */
export const AWS_METRICS: Readonly<
  Record<string, readonly { readonly dimensions: readonly string[]; readonly names: readonly string[] }[]>
> = {
  'AWS/SQS': [
    {
      dimensions: ['QueueName'],
      names: [
        'ApproximateAgeOfOldestMessage',
        'ApproximateNumberOfMessagesDelayed',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesVisible',
        'NumberOfEmptyReceives',
        'NumberOfMessagesDeleted',
        'NumberOfMessagesReceived',
        'NumberOfMessagesSent',
        'SentMessageSize',
      ],
    },
  ],
  'AWS/Lambda': [
    {
      dimensions: ['FunctionName'],
      names: ['ConcurrentExecutions', 'Duration', 'Errors', 'Invocations', 'RecursiveInvocationsDropped', 'Throttles'],
    },
  ],
  'AWS/States': [
    {
      dimensions: ['StateMachineArn'],
      names: [
        'ExecutionTime',
        'ExecutionsAborted',
        'ExecutionsFailed',
        'ExecutionsStarted',
        'ExecutionsSucceeded',
        'ExecutionsTimedOut',
        'ExecutionThrottled',
      ],
    },
  ],
  'AWS/S3': [
    {
      dimensions: ['DestinationBucket', 'RuleId', 'SourceBucket'],
      names: [
        'BytesPendingReplication',
        'OperationsFailedReplication',
        'OperationsPendingReplication',
        'ReplicationLatency',
      ],
    },
  ],
  'AWS/ECS': [{ dimensions: ['ClusterName', 'ServiceName'], names: ['CPUUtilization', 'MemoryUtilization'] }],
  'AWS/Events': [{ dimensions: ['RuleName'], names: ['FailedInvocations', 'Invocations', 'TriggeredRules'] }],
};
