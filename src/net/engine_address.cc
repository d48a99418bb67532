#include "net/engine_address.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace outboard::net {

namespace {

namespace asio = boost::asio;

// What the system takes as the path of a Unix socket, its last zero left out.
constexpr std::size_t unix_path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

std::optional<std::uint16_t> port_of(std::string_view digits) {
  unsigned port = 0;
  for (char digit : digits) {
    if (digit < '0' || digit > '9' || port > 65'535) return std::nullopt;
    port = port * 10 + static_cast<unsigned>(digit - '0');
  }
  if (port == 0 || port > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

}  // namespace

Result<EngineAddress> read_engine_address(const std::string& url) {
  auto wrong =
      fail(Code::bad_request, "\"" + url + "\" is not the address of an engine",
           "it looks like ws://127.0.0.1:1234/ or ws+unix:/path; `outboard serve` tells it");
  constexpr std::string_view web = "ws://", local = "ws+unix:";
  if (url.starts_with(local)) {
    auto path = url.substr(local.size());
    if (path.empty() || path.size() > unix_path_bytes_max) return wrong;
    return EngineAddress{asio::local::stream_protocol::endpoint(path), "localhost", "/"};
  }
  if (!url.starts_with(web)) return wrong;
  auto rest = url.substr(web.size());
  auto slash = std::min(rest.find('/'), rest.size());
  auto host = rest.substr(0, slash);
  auto colon = host.rfind(':');
  if (colon == host.npos) return wrong;
  auto name = host.substr(0, colon);
  if (name == "localhost") name = "127.0.0.1";
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  boost::system::error_code error;
  auto address = asio::ip::make_address(name, error);
  auto port = port_of(std::string_view(host).substr(colon + 1));
  if (error || !port) return wrong;
  if (!address.is_loopback())
    return fail(Code::denied, "without TLS an engine is only spoken to on this machine",
                "forward a port of this machine to it, for example with ssh -L");
  return EngineAddress{asio::ip::tcp::endpoint(address, *port), host,
                       slash < rest.size() ? rest.substr(slash) : "/"};
}

}  // namespace outboard::net
