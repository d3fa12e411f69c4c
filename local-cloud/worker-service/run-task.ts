/** The process of one fallback task: runs the bundle whose file URL is its argument, as the task's container does. */
const [bundle = ''] = process.argv.slice(2);

// The host is gone, so this process must end, too.
process.on('disconnect', () => process.exit(0));

await import(bundle);
