// EngineAddress: where a served engine is, as its URL tells: "ws://127.0.0.1:1234/",
// "wss://engine.example/" or "ws+unix:/path/of/a/socket".
#pragma once

#include <optional>
#include <string>

#include <boost/asio/generic/stream_protocol.hpp>

#include "base/result.h"

namespace outboard::net {

struct EngineAddress {
  // Nothing: the name is to be looked up.
  std::optional<boost::asio::generic::stream_protocol::endpoint> endpoint;
  std::string name, port;
  bool is_secret = false;  // TLS
  std::string host;        // as the server is called
  std::string target;      // "/"
};

// Fails with bad_request if it has none of these forms, and with denied if it is not of this
// machine and without TLS.
Result<EngineAddress> read_engine_address(const std::string& url);

}  // namespace outboard::net
