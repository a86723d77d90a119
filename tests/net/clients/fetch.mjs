// fetch.mjs absolute|connect PROXY-URL URL - prints a page by an HTTP proxy, or its refusal.
import http from 'node:http';

const [how, proxyUrl, pageUrl] = process.argv.slice(2);
const proxy = new URL(proxyUrl);
const page = new URL(pageUrl);
const at = { host: proxy.hostname, port: proxy.port };
const print = (response) => response.pipe(process.stdout);

if (how === 'absolute') {
    http.get({ ...at, path: page.href, headers: { host: page.host } }, print);
} else {
    const target = `${page.hostname}:${page.port || 80}`;
    const request = http.request({ ...at, method: 'CONNECT', path: target });
    request.on('connect', (response, socket) => {
        if (response.statusCode === 200) {
            http.get({ createConnection: () => socket, host: page.hostname, path: '/' }, print);
        } else {
            console.log(response.statusCode);
            socket.destroy();
        }
    });
    request.end();
}
