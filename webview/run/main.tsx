import '../shared/page.css';
import './run.css';
import { render } from 'preact';
import { host } from '../shared/host.ts';
import { RunPage } from './runPage.tsx';

const root = document.getElementById('page');
if (root) render(<RunPage />, root);
host.ready();
