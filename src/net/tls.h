// TLS: what a server shows, whom a client believes, and why it does not.
//
// Plain functions over OpenSSL's context, which is not changed once it is made: connections on any
// thread may share it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "base/result.h"

namespace outboard::net {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// For a server: a chain of certificates, its own first, and the key of that, both in PEM. Fails
// with not_found or bad_request.
Result<TlsContext> server_tls(const std::string& certificate_file, const std::string& key_file);

// For a client: believes the authorities in that file, or, where none is named, the system's. Fails
// with not_found.
Result<TlsContext> client_tls(const std::string& ca_file);

// What the certificate of a server says that it is called: names and addresses, no patterns.
std::vector<std::string> certificate_names(const TlsContext& context);

// Lets a handshake that begins later fail unless the certificate is for `name`, and sends along
// which one is meant.
void expect_name(SSL* connection, const std::string& name);

// After a handshake in vain: was it the certificate, and what about it?
Result<void> trust_in(SSL* connection, const std::string& name);

}  // namespace outboard::net
