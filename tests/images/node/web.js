// SPDX-License-Identifier: MIT
// Says hello on port 3000, at /slow after a second.
const http = require("http");

const server = http.createServer((request, response) => {
	console.log("asked for", request.url);
	setTimeout(() => response.end("hello\n"),
	    request.url === "/slow" ? 1000 : 0);
});

// No new connections; what is under way is answered.
process.on("SIGTERM", () => {
	server.close(() => console.log("all answered, bye"));
	server.closeIdleConnections?.();
});
server.listen(3000);
