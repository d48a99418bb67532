#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>

namespace outboard::net {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

TlsContext new_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  error_code ignored;  // a key with a password is refused, instead of asking whoever sits there
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); }, ignored);
  return context;
}

bool is_address(const std::string& name) {
  error_code error;
  boost::asio::ip::make_address(name, error);
  return !error;
}

std::string name_in(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) {
    auto* text = name.d.dNSName;
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
  }
  if (name.type != GEN_IPADD) return {};
  auto* bytes = ASN1_STRING_get0_data(name.d.iPAddress);
  if (ASN1_STRING_length(name.d.iPAddress) == 4) {
    boost::asio::ip::address_v4::bytes_type four{bytes[0], bytes[1], bytes[2], bytes[3]};
    return boost::asio::ip::make_address_v4(four).to_string();
  }
  boost::asio::ip::address_v6::bytes_type sixteen{};
  if (ASN1_STRING_length(name.d.iPAddress) != 16) return {};
  std::copy_n(bytes, sixteen.size(), sixteen.begin());
  return boost::asio::ip::make_address_v6(sixteen).to_string();
}

}  // namespace

Result<TlsContext> server_tls(const std::string& certificate_file, const std::string& key_file) {
  auto context = new_context(ssl::context::tls_server);
  error_code error;
  context->use_certificate_chain_file(certificate_file, error);
  if (error)
    return fail(Code::not_found,
                "there is no certificate in " + certificate_file + ": " + error.message(),
                "a chain in PEM is wanted, its own certificate first");
  context->use_private_key_file(key_file, ssl::context::pem, error);
  if (error &&
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH)
    return fail(Code::bad_request,
                "the key in " + key_file + " is not that of the certificate in " + certificate_file,
                "name the two that were made together");
  if (error)
    return fail(Code::not_found, "there is no key in " + key_file + ": " + error.message(),
                "a key in PEM is wanted, without a password");
  return context;
}

Result<TlsContext> client_tls(const std::string& ca_file) {
  auto context = new_context(ssl::context::tls_client);
  error_code error;
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca_file, error);
  }
  if (error)
    return fail(Code::not_found,
                "there is no certificate of an authority in " +
                    (ca_file.empty() ? "the system's store" : ca_file) + ": " + error.message(),
                "name a file in PEM");
  context->set_verify_mode(ssl::verify_peer, error);
  return context;
}

std::vector<std::string> certificate_names(const TlsContext& context) {
  std::vector<std::string> names;
  auto* certificate = SSL_CTX_get0_certificate(context->native_handle());
  auto* listed = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(listed); ++i) {
    auto name = name_in(*sk_GENERAL_NAME_value(listed, i));
    if (!name.empty() && name.find('*') == name.npos) names.push_back(std::move(name));
  }
  GENERAL_NAMES_free(listed);
  return names;
}

void expect_name(SSL* connection, const std::string& name) {
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str());
  } else {
    SSL_set_tlsext_host_name(connection, name.c_str());
    SSL_set1_host(connection, name.c_str());
  }
}

Result<void> trust_in(SSL* connection, const std::string& name) {
  auto what = SSL_get_verify_result(connection);
  switch (what) {
    case X509_V_OK: return {};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fail(Code::denied, "the certificate of " + name + " is for another name",
                  "connect by a name that stands in it");
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fail(Code::denied, "the certificate of " + name + " has expired",
                  "whoever runs the server has to renew it");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fail(Code::denied, "the certificate of " + name + " is not valid yet",
                  "see whether the clocks of both machines are right");
    default:
      return fail(Code::denied,
                  "nobody whom this machine trusts vouches for the certificate of " + name + ": " +
                      X509_verify_cert_error_string(what),
                  "name the authority that signed it in `tls_ca_file`");
  }
}

}  // namespace outboard::net
