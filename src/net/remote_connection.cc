#include "net/remote_connection.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http.hpp>

#include "base/limits.h"
#include "net/admission.h"

namespace outboard::net {

namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
}  // namespace

template <class Handler>
auto RemoteConnection::unless_over(Handler handler) {
  return [this, handler](error_code error, auto&&...) {
    if (!is_over_) handler(error);
  };
}

RemoteConnection::End RemoteConnection::run() {
  find();
  io_.run();
  return std::move(end_);
}

void RemoteConnection::end(const std::string& what, error_code error) {
  end_.why = what;
  if (error) end_.why += ": " + error.message();
  if (error == websocket::error::closed) notice_farewell();
  is_over_ = true;
  beast::get_lowest_layer(stream_).close();
  io_.stop();
}

void RemoteConnection::find() {
  if (address_.endpoint) return connect({*address_.endpoint});
  resolver_.async_resolve(
      address_.name, address_.port,
      [this](error_code error, const asio::ip::tcp::resolver::results_type& found) {
        if (is_over_) return;
        if (error) return end("there is no machine " + address_.name, error);
        std::vector<Wire::Protocol::endpoint> endpoints;
        for (auto& entry : found) endpoints.emplace_back(entry.endpoint());
        connect(std::move(endpoints));
      });
}

void RemoteConnection::connect(std::vector<Wire::Protocol::endpoint> endpoints) {
  auto& socket = beast::get_lowest_layer(stream_);
  socket.expires_after(options_.silence_max);
  socket.async_connect(endpoints, unless_over([this](error_code error) {
                         if (error) return end("connecting failed", error);
                         stream_.next_layer().send_at_once();
                         address_.is_secret ? make_secret() : shake_hands();
                       }));
}

void RemoteConnection::make_secret() {
  auto& tls = stream_.next_layer().protect(tls_);
  expect_name(tls.native_handle(), address_.name);
  tls.async_handshake(asio::ssl::stream_base::client, unless_over([this, &tls](error_code error) {
                        if (!error) return shake_hands();
                        auto trusted = trust_in(tls.native_handle(), address_.name);
                        if (!trusted) end_.refusal = trusted.error();
                        end("TLS could not be agreed on", error);
                      }));
}

void RemoteConnection::shake_hands() {
  beast::get_lowest_layer(stream_).expires_never();
  stream_.set_option(websocket::stream_base::timeout{.handshake_timeout = options_.silence_max,
                                                     .idle_timeout = options_.silence_max,
                                                     .keep_alive_pings = true});
  stream_.read_message_max(limits::link_message_bytes_max);
  stream_.binary(true);
  stream_.set_option(websocket::stream_base::decorator([this](websocket::request_type& head) {
    head.set(http::field::authorization, "Bearer " + options_.token);
  }));
  stream_.async_handshake(response_, address_.host, address_.target,
                          unless_over([this](error_code error) {
                            if (error == websocket::error::upgrade_declined) notice_refusal();
                            if (error) return end("the server let nobody in", error);
                            is_up_ = true;
                            read();
                            write();
                          }));
}

void RemoteConnection::notice_farewell() {
  auto& [code, reason] = stream_.reason();
  std::string why(reason.c_str());
  if (!why.empty()) end_.why = "the server closed the connection: " + why;
  if (code == wrong_token_close_code)
    end_.refusal = Error{Code::denied, why, "use the token that `outboard serve` tells"};
}

void RemoteConnection::notice_refusal() {
  auto status = response_.result_int();
  auto why = response_.body();
  while (why.ends_with('\n')) why.pop_back();
  if (status == 403)
    end_.refusal = Error{Code::denied, why, "use the address that `outboard serve` tells"};
  if (status == 404)
    end_.refusal = Error{Code::not_found, "there is no engine at this address",
                         "use the address that `outboard serve` tells"};
}

void RemoteConnection::read() {
  stream_.async_read(buffer_, unless_over([this](error_code error) {
                       if (error) return end("the connection broke", error);
                       end_.has_answered = true;
                       auto data = buffer_.cdata();
                       auto* bytes = static_cast<const std::uint8_t*>(data.data());
                       if (data.size() > 0) received_(Bytes(bytes, bytes + data.size()));
                       buffer_.clear();
                       read();
                     }));
}

void RemoteConnection::write() {
  if (!is_up_ || outbox_.empty()) return;
  stream_.async_write(asio::buffer(outbox_.front()), unless_over([this](error_code error) {
                        if (error) return end("the connection broke", error);
                        queued_bytes_ -= outbox_.front().size();
                        outbox_.pop_front();
                        write();
                      }));
}

void RemoteConnection::send(Bytes message) {
  queued_bytes_ += message.size();
  asio::post(io_, [this, message = std::move(message)]() mutable {
    outbox_.push_back(std::move(message));
    if (outbox_.size() == 1) write();
  });
}

void RemoteConnection::stop() {
  asio::post(io_, [this] {
    if (!is_over_) end("the connection was ended", {});
  });
}

}  // namespace outboard::net
