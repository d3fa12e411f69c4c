import * as z from 'zod';
import type { TaskProtection } from '../../worker/ports.ts';
import { TaskProtectionError } from '../errors.ts';

const TIMEOUT_MILLISECONDS = 5_000;

/** The agent's response: the state that it has set, or one of two kinds of refusal. */
const answerSchema = z.object({
  protection: z.object({ ProtectionEnabled: z.boolean() }).optional(),
  failure: z.object({ Reason: z.string() }).optional(),
  error: z.object({ Code: z.string(), Message: z.string().optional() }).optional(),
});

/** Task scale-in protection through the agent of the task itself (ECS developer guide, "Task scale-in protection endpoint"). */
export class EcsTaskProtection implements TaskProtection {
  readonly #url: string;

  /** @param agent the value of ECS_AGENT_URI */
  constructor(agent: string) {
    this.#url = `${agent.replace(/\/$/, '')}/task-protection/v1/state`;
  }

  async protect(minutes: number): Promise<void> {
    await this.#put({ ProtectionEnabled: true, ExpiresInMinutes: minutes });
  }

  async release(): Promise<void> {
    await this.#put({ ProtectionEnabled: false });
  }

  async #put(state: { readonly ProtectionEnabled: boolean; readonly ExpiresInMinutes?: number }): Promise<void> {
    try {
      const response = await fetch(this.#url, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(state),
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      });
      const { protection, failure, error } = answerSchema.parse(await response.json());
      if (protection?.ProtectionEnabled === state.ProtectionEnabled) return;
      const said = failure?.Reason ?? (error && `${error.Code} ${error.Message ?? ''}`.trim());
      throw new Error(said ?? `status ${response.status} without a reason`);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const wish = state.ProtectionEnabled ? 'protect this task from scale-in' : 'remove the protection from this task';
      throw new TaskProtectionError(`ECS did not ${wish}: ${reason}`, { context: { url: this.#url }, cause });
    }
  }
}
