import { type Attempt, type Delivery, Delivery_State as State } from '../../gen/carillon/v1/delivery_pb';
import { durationMs, millisOf, span, took } from '../../ui/format';
import { OUTCOMES } from '../../ui/outcomes';
import { Chip, OutcomeChip, Time } from '../../ui/parts';
import { TRIGGERS } from '../../ui/states';

/** All attempts, the newest first, with what lies between them and what is planned. */
export function Attempts({ delivery, chosen, onChoose }: { delivery: Delivery; chosen: Attempt | undefined; onChoose: (number: number) => void }) {
  const { attempts, nextAttemptTime, state } = delivery;
  const planned = state === State.SCHEDULED || state === State.QUEUED || state === State.IN_FLIGHT || state === State.HELD;
  return (
    <ol className="tl" aria-label="Attempts, the newest first" reversed>
      {planned ? (
        <li className="tl-next"><span className="tl-dot" /><div><b>Attempt {delivery.attemptCount + 1}</b><span className="cell-2">{state === State.IN_FLIGHT ? 'under way' : state === State.HELD ? 'held behind one that was given up' : nextAttemptTime ? <>planned for <Time at={nextAttemptTime} />, unless you resend</> : 'as soon as it is its turn'}</span></div></li>
      ) : null}
      {attempts.map((each, i) => {
        const on = each.name === chosen?.name;
        const [begin, before] = [millisOf(each.startTime), millisOf(attempts[i + 1]?.startTime)];
        const ms = durationMs(each.phases?.total);
        return (
          <li key={each.name} className={on ? 'on' : ''}>
            <button type="button" aria-pressed={on} onClick={() => onChoose(each.number)}>
              <span className={`tl-dot m-${OUTCOMES[each.outcome].tone}`} />
              <span className="tl-m">
                <span className="tl-1"><b>Attempt {each.number}</b><Time at={each.startTime} /></span>
                <span className="tl-2"><span><OutcomeChip outcome={each.outcome} status={each.response?.status ?? 0} />{TRIGGERS[each.trigger] ? <Chip tone="own">{TRIGGERS[each.trigger]}</Chip> : null}</span><span className="num">{ms === undefined ? '' : took(ms)}</span></span>
              </span>
            </button>
            {begin !== undefined && before !== undefined ? <span className="tl-gap">{span(begin - before)} later</span> : null}
          </li>
        );
      })}
      <li className="tl-start"><span className="tl-dot" /><div>Accepted<span className="cell-2"><Time at={delivery.acceptTime} form="full" /></span></div></li>
    </ol>
  );
}
