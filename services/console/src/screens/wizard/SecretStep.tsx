import { lastPart } from '../../api/names';
import type { Destination } from '../../gen/carillon/v1/destination_pb';
import { Card, Chip } from '../../ui/parts';
import { SecretOnce, Stored, Verification } from '../../ui/Secret';

export const secretsOf = (destination: Destination | undefined): { name: string; secret: string }[] =>
  (destination?.keys ?? []).flatMap((key) => (key.secret?.source.case === 'value' ? [{ name: lastPart(key.name), secret: key.secret.source.value }] : []));

/** The secrets that were made, this once, and how to check signatures with them. */
export function SecretStep({ made, stored, onStored }: { made: Destination | undefined; stored: boolean; onStored: (on: boolean) => void }) {
  const secrets = secretsOf(made);
  return (
    <div className="wz">
      <div className="stack min0">
        <Card title={secrets.length > 1 ? 'Secrets' : 'Secret'} aside={secrets.length > 0 ? <Chip tone="slow">shown once</Chip> : null}>
          {secrets.length === 0 ? (
            <p className="mt0">This destination signs with the keys that it has. Their secrets were shown when they were made; you can rotate them under Keys.</p>
          ) : (
            <div className="stack">
              <p className="mt0">Copy {secrets.length > 1 ? 'them' : 'it'} now: stored encrypted, never shown again.{secrets.length > 1 ? ' Every request is signed with both, so that one can be replaced without a gap.' : ''}</p>
              {secrets.map(({ name, secret }) => <div key={name}><span className="cell-2">{name}</span><SecretOnce secret={secret} label={`secret ${name}`} /></div>)}
              <Stored checked={stored} onChange={onStored} />
            </div>
          )}
        </Card>
      </div>
      <div className="stack min0"><Card title="Check the signature"><p className="mt0">Paste this into the receiver. It refuses what was not signed with your secret, and what is older than 5 minutes.</p><Verification /></Card></div>
    </div>
  );
}
