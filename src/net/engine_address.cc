#include "net/engine_address.h"

#include <algorithm>
#include <cctype>
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

bool is_name(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char letter) {
    return std::isalnum(letter) || letter == '.' || letter == '-' || letter == '_';
  });
}

}  // namespace

Result<EngineAddress> read_engine_address(const std::string& url) {
  auto wrong = fail(Code::bad_request, "\"" + url + "\" is not the address of an engine",
                    "it looks like ws://127.0.0.1:1234/, wss://engine.example/ or ws+unix:/path; "
                    "`outboard serve` tells it");
  constexpr std::string_view plain = "ws://", secret = "wss://", local = "ws+unix:";
  EngineAddress address;
  if (url.starts_with(local)) {
    auto path = url.substr(local.size());
    if (path.empty() || path.size() > unix_path_bytes_max) return wrong;
    address.endpoint = asio::local::stream_protocol::endpoint(path);
    address.host = "localhost";
    address.target = "/";
    return address;
  }
  address.is_secret = url.starts_with(secret);
  if (!address.is_secret && !url.starts_with(plain)) return wrong;
  auto rest = url.substr(address.is_secret ? secret.size() : plain.size());
  auto slash = std::min(rest.find('/'), rest.size());
  address.host = rest.substr(0, slash);
  address.target = slash < rest.size() ? rest.substr(slash) : "/";

  auto colon = address.host.rfind(':');
  bool has_port = colon != rest.npos && address.host.back() != ']';
  address.name = address.host.substr(0, has_port ? colon : rest.npos);
  address.port = has_port ? address.host.substr(colon + 1) : address.is_secret ? "443" : "";
  if (address.name.starts_with('[') && address.name.ends_with(']'))
    address.name = address.name.substr(1, address.name.size() - 2);
  auto port = port_of(address.port);
  if (!port || address.name.empty()) return wrong;

  boost::system::error_code error;
  auto number =
      asio::ip::make_address(address.name == "localhost" ? "127.0.0.1" : address.name, error);
  if (error && !is_name(address.name)) return wrong;
  if (!address.is_secret && (error || !number.is_loopback()))
    return fail(Code::denied, "without TLS an engine is only spoken to on this machine",
                "serve it with a certificate, at wss://…, or forward a port of this machine to it");
  if (!error) address.endpoint = asio::ip::tcp::endpoint(number, *port);
  return address;
}

}  // namespace outboard::net
