// A verification: the run is executed again, and the page says how far that is and whether it comes out the same.
import { useEffect, useState } from "preact/hooks";
import { ask, get, post, words } from "../../api/client";
import type { Verification } from "../../api/types";
import { Bar, Card } from "../../parts/bits";
import { Icon } from "../../parts/icon";
import { complain } from "../../parts/notes";

const POLL_MS = 400;

interface Report extends Verification {
  message: string;
}

/** The card; it is there once a verification was asked for. `asked` counts how often it was. */
export function VerifyCard({ id, asked }: { id: string; asked: number }) {
  const [report, setReport] = useState<Report | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => {
    if (asked === 0) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      try {
        const now = await get<Report>(`/runs/${id}/verify`);
        if (stopped) return;
        setReport(now);
        if (now.state === "running") timer = setTimeout(() => void poll(), POLL_MS);
      } catch (error) {
        if (!stopped) setProblem(error);
      }
    };
    setProblem(null);
    post<Report>(`/runs/${id}/verify`).then((started) => {
      if (stopped) return;
      setReport(started);
      void poll();
    }, (error) => !stopped && setProblem(error));
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [id, asked]);
  if (asked === 0 || (!report && !problem)) return null;
  const giveUp = () => ask("DELETE", `/runs/${id}/verify`).catch(complain);
  return (
    <Card title="Verification" class={`verification ${problem ? "failed" : report?.state}`}>
      {problem ? <p class="wrong" role="alert">{words(problem)}</p> : report && (
        <div role="status">
          <p class="verdict">
            {report.state === "same" && <Icon name="check" />}
            {(report.state === "different" || report.state === "failed") && <Icon name="alert" />}
            <span>{report.message}</span>
          </p>
          {report.state === "running" && (
            <>
              <Bar percent={(100 * report.tick) / Math.max(1, report.total_ticks)} label="Ticks executed again" status="running" />
              <p class="muted small">tick {report.tick} of {report.total_ticks}</p>
              <button type="button" class="button small" onClick={() => void giveUp()}>Give up</button>
            </>
          )}
          {report.difference && <pre tabIndex={0}>{JSON.stringify(report.difference, null, 2)}</pre>}
        </div>
      )}
    </Card>
  );
}
