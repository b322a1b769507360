/** The long form of the metric store's property tests: `node test/soak/metrics-properties.ts [RUNS]`, 3,000 by default. */
process.env.METRIC_RUNS = process.argv[2] ?? '3000';
await import('../../src/tracker/metrics/metricStore.property.test.ts');
