// EngineAddress: where a served engine is, as its URL tells: "ws://127.0.0.1:1234/" or
// "ws+unix:/path/of/a/socket".
#pragma once

#include <string>

#include <boost/asio/generic/stream_protocol.hpp>

#include "base/result.h"

namespace outboard::net {

struct EngineAddress {
  boost::asio::generic::stream_protocol::endpoint endpoint;
  std::string host;    // as the server is called
  std::string target;  // "/"
};

// Fails with bad_request if it is neither form, and with denied if it is not of this machine.
Result<EngineAddress> read_engine_address(const std::string& url);

}  // namespace outboard::net
