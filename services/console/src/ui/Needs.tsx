import { Tooltip } from '@mantine/core';
import { cloneElement, type ReactElement } from 'react';
import { Origin_Kind, type Origin } from '../gen/carillon/v1/resource_pb';
import { readOnlyWords } from './origin';

/** An action that the viewer may not take stays there, disabled, and says what it needs. */
export function Needs({ may, role = 'tenant administrator', origin, children }: {
  may: boolean; role?: string; origin?: Origin | undefined; children: ReactElement<{ disabled?: boolean }>;
}) {
  const fixed = origin !== undefined && origin.kind !== Origin_Kind.API;
  if (may && !fixed) return children;
  const why = !may ? `Needs the role ${role}` : readOnlyWords(origin!);
  return (
    <Tooltip label={why} withArrow>
      <span className="needs" tabIndex={0} role="group" aria-label={why}>{cloneElement(children, { disabled: true })}</span>
    </Tooltip>
  );
}
