// What came of an experiment, as its run's results have it; docs/experiments.md says what the fields mean.

export interface Experiment {
  steps: StepReport[];
  metrics: MetricReport[];
}

/** What a step of the workflow did and found; which fields there are depends on its type. */
export interface StepReport {
  step: number;
  tick: number;
  day: number;
  time: string;
  type: string;
  ticks?: number;
  ticks_per_step?: number;
  key?: string;
  before?: number;
  value?: number | string | boolean | null;
  /** How many regions. */
  regions?: number;
  agents?: number;
  changed?: number;
  intervene_message?: string;
  stance?: number;
  strength?: number;
  title?: string;
  questions?: Question[];
  interview_message?: string;
  interviews?: Interview[];
  name?: string;
}

export interface Question {
  name: string;
  title: string;
  key: string;
  type: string;
  answers: number;
  counts: { answer: string; agents: number; share: number }[];
  mean: number | null;
  std: number | null;
  min: number | null;
  max: number | null;
}

export interface Interview {
  agent: number;
  agent_class: string;
  region: string;
  segment: string;
  state: Record<string, unknown>;
  reasons: string;
}

export interface MetricReport {
  name: string;
  key: string;
  method: string;
  step_interval: number;
  /** A value is null where nobody was there to be asked. */
  points: { tick: number; agents: number; value: number | null }[];
}
