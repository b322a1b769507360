import type { Static } from 'typebox';
import type { ComputeTarget } from '../../shared/api/tracker.ts';
import type { Activity } from '../../shared/domain/activity.ts';
import type { Deployment, DeploymentState } from '../../shared/domain/deployment.ts';
import type { Model, ModelVersion } from '../../shared/domain/model.ts';
import type { Experiment, Workspace } from '../../shared/domain/workspace.ts';
import { formatAge, formatBytes, formatCount, formatDateTime, formatNumber } from '../../shared/format.ts';
import { escapeMarkdown, type ItemText, markdownTable, oneLine } from './itemText.ts';

export function experimentItem(experiment: Experiment, now: number): ItemText {
  const age = experiment.lastRunAt === undefined ? [] : [formatAge(experiment.lastRunAt, now)];
  const active = experiment.activeRuns > 0 ? [`${experiment.activeRuns} running`] : [];
  return {
    label: oneLine(experiment.name),
    description: [formatCount(experiment.runs, 'run'), ...active, ...age].join('   '),
    tooltip: `**${escapeMarkdown(experiment.name)}**\n\n${markdownTable([
      ['runs', String(experiment.runs)],
      ['last run', experiment.lastRunAt === undefined ? undefined : formatDateTime(experiment.lastRunAt)],
      ['note', experiment.note],
    ])}`,
    icon: 'beaker',
    context: 'experiment',
    ...(experiment.runs > 0 ? { expandable: 'collapsed' as const } : {}),
  };
}

export function modelItem(model: Model): ItemText {
  const aliases = Object.entries(model.aliases).map(([alias, version]) => `v${version} ← ${oneLine(alias, 30)}`);
  return {
    label: oneLine(model.name),
    description: [`v${model.latestVersion}`, ...aliases].join('   '),
    tooltip: `**${escapeMarkdown(model.name)}**\n\n${markdownTable([
      ['versions', String(model.versions.length)],
      ['updated', formatDateTime(model.updatedAt)],
      [
        'aliases',
        Object.entries(model.aliases)
          .map(([alias, version]) => `${alias} → v${version}`)
          .join(', '),
      ],
      ['note', model.note],
    ])}`,
    icon: 'package',
    context: 'model',
    expandable: 'collapsed',
  };
}

export function versionItem(version: ModelVersion, now: number): ItemText {
  const shape = (list: readonly { name: string; type: string; shape: readonly (number | string)[] }[] | undefined) =>
    list?.map((tensor) => `${tensor.name}: ${tensor.type}[${tensor.shape.join(', ')}]`).join(', ');
  const metrics = Object.entries(version.metrics)
    .slice(0, 1)
    .map(([key, value]) => `${oneLine(key, 24)} ${formatNumber(value)}`);
  return {
    label: `v${version.version}${version.aliases.length > 0 ? ` ← ${version.aliases.map((alias) => oneLine(alias, 30)).join(', ')}` : ''}`,
    description: [...metrics, formatAge(version.createdAt, now), ...(version.usedBy.length > 0 ? ['in use'] : [])].join(
      '   ',
    ),
    tooltip: `**${escapeMarkdown(`${version.model}:${version.version}`)}**\n\n${markdownTable([
      ['format', version.format],
      ['size', formatBytes(version.bytes)],
      ['inputs', shape(version.signature?.inputs)],
      ['outputs', shape(version.signature?.outputs)],
      ['run', version.runName ?? version.run],
      ['from', version.source],
      ['registered', formatDateTime(version.createdAt)],
      ['used by', version.usedBy.join(', ')],
      ['limitation', version.limitation],
      ['note', version.note],
    ])}`,
    icon: version.limitation === undefined ? 'symbol-method' : 'symbol-file',
    context: [
      'version',
      version.limitation === undefined ? 'runnable' : 'kept',
      ...(version.usedBy.length > 0 ? ['used'] : []),
    ].join(' '),
  };
}

export function targetItem(target: Static<typeof ComputeTarget>): ItemText {
  return {
    label: oneLine(target.name),
    description: [target.summary, ...(target.activeRuns > 0 ? [formatCount(target.activeRuns, 'run')] : ['free'])].join(
      '   ',
    ),
    tooltip: `**${escapeMarkdown(target.name)}**\n\n${markdownTable([
      ['cores', String(target.cpus)],
      ['memory', `${formatBytes(target.memoryFree)} free of ${formatBytes(target.memory)}`],
      ['GPUs', target.gpus.map((gpu) => `${gpu.name} (${formatBytes(gpu.memory)})`).join(', ') || 'none'],
      ['active runs', String(target.activeRuns)],
    ])}`,
    icon: target.ok ? 'device-desktop' : 'warning',
    context: 'target',
  };
}

const deploymentIcons: Record<DeploymentState, readonly [icon: string, color?: string]> = {
  building: ['loading~spin'],
  starting: ['loading~spin'],
  healthy: ['pass-filled', 'testing.iconPassed'],
  unhealthy: ['warning', 'list.warningForeground'],
  stopped: ['circle-large-outline'],
  failed: ['error', 'list.errorForeground'],
};

export function deploymentItem(deployment: Deployment): ItemText {
  const [icon, color] = deploymentIcons[deployment.state];
  const running = deployment.state === 'healthy' || deployment.state === 'unhealthy';
  const place = deployment.port === undefined ? [] : [`:${deployment.port}`];
  const message = running || deployment.message === undefined ? [] : [oneLine(deployment.message, 60)];
  return {
    label: oneLine(deployment.name),
    description: [
      `${oneLine(deployment.model, 40)} v${deployment.version}`,
      deployment.state,
      ...place,
      ...message,
    ].join('   '),
    tooltip: `**${escapeMarkdown(deployment.name)}** — ${deployment.state}\n\n${markdownTable([
      ['model', `${deployment.model} v${deployment.version}`],
      ['runs as', deployment.kind === 'docker' ? 'Docker container' : 'local process (no Docker engine was found)'],
      ['address', deployment.url],
      ['image', deployment.image],
      ['restart', deployment.restart],
      ['since', formatDateTime(deployment.createdAt)],
      ['', deployment.message],
    ])}`,
    icon,
    ...(color ? { color } : {}),
    context: `deployment ${deployment.state === 'stopped' || deployment.state === 'failed' ? 'down' : 'up'}`,
  };
}

const activityIcons: Record<Activity['state'], readonly [icon: string, color?: string]> = {
  running: ['loading~spin'],
  done: ['pass', 'testing.iconPassed'],
  failed: ['error', 'list.errorForeground'],
  cancelled: ['circle-slash'],
};

export function activityItem(activity: Activity, now: number): ItemText {
  const [icon, color] = activityIcons[activity.state];
  const percent = activity.progress === undefined ? [] : [`${Math.floor(activity.progress * 100)} %`];
  const running =
    activity.state === 'running'
      ? [...percent, oneLine(activity.message ?? '', 60)]
      : [oneLine(activity.error ?? '', 60)];
  return {
    label: oneLine(activity.title),
    description: [...running.filter(Boolean), formatAge(activity.endedAt ?? activity.startedAt, now)].join('   '),
    tooltip: `**${escapeMarkdown(activity.title)}** — ${activity.state}\n\n${markdownTable([
      ['started', formatDateTime(activity.startedAt)],
      ['ended', activity.endedAt === undefined ? undefined : formatDateTime(activity.endedAt)],
      ['message', activity.message],
      ['error', activity.error],
    ])}`,
    icon,
    ...(color ? { color } : {}),
    context: [
      'activity',
      ...(activity.cancellable && activity.state === 'running' ? ['cancellable'] : []),
      ...(activity.hasLog ? ['logged'] : []),
    ].join(' '),
  };
}

/** @param chosen id of the workspace that the window's folder names */
export function workspaceItem(workspace: Workspace, chosen?: string): ItemText {
  const words = [
    ...(workspace.id === chosen ? ['this folder'] : []),
    ...(workspace.isDefault ? ['default'] : []),
    ...(workspace.readOnly ? ['read-only'] : []),
  ];
  const isUsed = chosen === undefined ? workspace.isDefault : workspace.id === chosen;
  return {
    label: oneLine(workspace.name),
    description: words.join('   '),
    tooltip: `**${escapeMarkdown(workspace.name)}**\n\n${markdownTable([
      ['directory', workspace.directory],
      ['created', formatDateTime(workspace.createdAt)],
      ['read-only', workspace.readOnly],
    ])}`,
    icon: workspace.readOnly ? 'lock' : isUsed ? 'folder-active' : 'folder-library',
    context: `workspace ${workspace.isDefault ? 'default' : 'other'}`,
  };
}
