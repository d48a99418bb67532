#include "hub/hub.h"

#include "hub/pages.h"
#include "net/http_server.h"

namespace outboard::hub {

namespace {
// For a page that starts a module worker and compiles WebAssembly in it. Neither COOP nor COEP:
// pages must go on working in anybody's window and with anybody's images.
constexpr std::string_view content_security_policy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self' blob:; worker-src 'self' blob:";

// "localhost:8080" -> "localhost", "[::1]:8080" -> "[::1]"
std::string_view without_port(std::string_view host) {
  auto end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
  return host.substr(0, end);
}

std::string in_url(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

// What came in may hold anything: a terminal shall see letters only.
std::string printable(std::string_view text) {
  std::string out;
  for (char letter : text) out += letter > ' ' && letter < 0x7f ? letter : '?';
  return out;
}
}  // namespace

struct Hub::Parts {
  net::Response answer(const net::Request& request) const;
  net::Response dispatch(const net::Request& request) const;
  bool is_for_us(std::string_view host) const;
  std::string url() const;

  HubOptions options;
  Pages pages;
  std::unique_ptr<net::HttpServer> server;
};

net::Response Hub::Parts::answer(const net::Request& request) const {
  auto response = dispatch(request);
  response.fields.push_back({"Cache-Control", "no-cache"});
  response.fields.push_back({"Content-Security-Policy", std::string(content_security_policy)});
  response.fields.push_back({"Referrer-Policy", "no-referrer"});
  if (options.log)
    options.log(printable(request.method) + " " + printable(request.target) + " " +
                std::to_string(response.status));
  return response;
}

net::Response Hub::Parts::dispatch(const net::Request& request) const {
  if (!is_for_us(request.field("Host")))
    return net::text_response(403, "This hub answers to its own machine only, at " + url() + "\n");
  if (request.method != "GET" && request.method != "HEAD") {
    auto response = net::text_response(405, "Pages can only be read: use GET.\n");
    response.fields.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  if (request.target == "/healthz") return net::text_response(200, "ok");
  return pages.answer(request);
}

// A foreign page can make its own name point to 127.0.0.1 (DNS rebinding) and so would reach a hub
// that listens there alone; but its browser then sends that name.
bool Hub::Parts::is_for_us(std::string_view host) const {
  if (!server->is_loopback()) return true;
  auto name = without_port(host);
  return net::equal_ignoring_case(name, "localhost") || name == "127.0.0.1" || name == "[::1]" ||
         name == in_url(options.address);
}

std::string Hub::Parts::url() const {
  bool local =
      options.address == "127.0.0.1" || options.address == "0.0.0.0" || options.address == "::";
  return "http://" + (local ? "localhost" : in_url(options.address)) + ":" +
         std::to_string(server->port()) + "/";
}

Hub::Hub(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Hub::~Hub() { stop(); }

Result<std::unique_ptr<Hub>> Hub::start(HubOptions options) {
  auto pages = TRY(Pages::open(options.pages));
  net::HttpServerOptions server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  auto server = TRY(net::HttpServer::listen(std::move(server_options)));
  auto parts = std::make_unique<Parts>(std::move(options), std::move(pages), std::move(server));
  parts->server->serve(
      [parts = parts.get()](const net::Request& request) { return parts->answer(request); });
  return std::unique_ptr<Hub>(new Hub(std::move(parts)));
}

std::uint16_t Hub::port() const { return parts_->server->port(); }

std::string Hub::url() const { return parts_->url(); }

void Hub::stop() { parts_->server->stop(); }

}  // namespace outboard::hub
