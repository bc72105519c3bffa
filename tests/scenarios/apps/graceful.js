// SPDX-License-Identifier: MIT
//
// An HTTP server on PORT as many for Node.js are: SIGTERM lets it answer the
// requests that it has and end; a second one means "exit at once", as with the
// npm package close-with-grace. /slow takes two seconds.

const server = require('http').createServer((request, response) => {
	console.log(`begun: ${request.url}`);
	setTimeout(() => response.end('done'),
	    request.url === '/slow' ? 2000 : 0);
});
let stops = 0;

process.on('SIGTERM', () => {
	stops++;
	console.log(`SIGTERM ${stops}`);
	if (stops > 1)
		process.exit(1);
	server.close(() => process.exit(0));
	server.closeIdleConnections();
});
server.listen(Number(process.env.PORT), '127.0.0.1');
