/** The process of one fallback task: runs the bundle whose file URL is its argument, as the task's container does. */
const [bundle = ''] = process.argv.slice(2);

// The host is gone, whatever ended it: so must this process be.
process.on('disconnect', () => process.exit(0));

await import(bundle);
