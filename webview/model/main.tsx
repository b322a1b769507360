import '../shared/page.css';
import './model.css';
import { render } from 'preact';
import { host } from '../shared/host.ts';
import { ModelPage } from './modelPage.tsx';

const root = document.getElementById('page');
if (root) render(<ModelPage />, root);
host.ready();
