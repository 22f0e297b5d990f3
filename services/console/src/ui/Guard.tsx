import { Button } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';
import { Empty } from './status';

/** In place of a page whose code could not be fetched, or that failed: the rest of the console goes on. */
export class Guard extends Component<{ at: string; children: ReactNode }, { at: string; failed: boolean }> {
  override state = { at: this.props.at, failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  /** Another page is tried again. */
  static getDerivedStateFromProps({ at }: { at: string }, state: { at: string }) {
    return at === state.at ? null : { at, failed: false };
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="page" role="alert">
        <h1>This page failed</h1>
        <Empty title="It could not be loaded or shown" action={<Button variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={() => location.reload()}>Reload</Button>}>
          The server may not answer now, or was updated. Reloading fetches the pages that it has.
        </Empty>
      </div>
    );
  }
}
