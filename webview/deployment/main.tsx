import '../shared/page.css';
import './deployment.css';
import { render } from 'preact';
import { host } from '../shared/host.ts';
import { DeploymentPage } from './deploymentPage.tsx';

const root = document.getElementById('page');
if (root) render(<DeploymentPage />, root);
host.ready();
