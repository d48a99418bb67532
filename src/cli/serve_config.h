// ServeConfig: what `outboard serve` is told, by a file or on its command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "client/config_form.h"

namespace outboard::cli {

struct ServeConfig {
  std::string path;
  Storage storage = Storage::file;
  Durability durability = Durability::process;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::string socket;      // a Unix socket, instead of address and port
  std::string token_file;
  std::string tls_certificate, tls_key;  // files in PEM; with them it speaks TLS
  std::vector<std::string> origins, hosts;
  std::chrono::milliseconds stall_max{60'000};  // its engine at one step for longer: it ends
};

template <class Form>
void describe(Form& form, ServeConfig& config) {
  describe_storage(form, config.path, config.storage, config.durability);
  form.part("server", [&](Form& part) {
    part.text("address", config.address);
    part.number("port", config.port, 0, 65'535);
    part.text("socket", config.socket);
    part.text("token_file", config.token_file);
    part.text("tls_certificate", config.tls_certificate);
    part.text("tls_key", config.tls_key);
    part.texts("origins", config.origins);
    part.texts("hosts", config.hosts);
    part.duration("stall_max_ms", config.stall_max);
  });
}

}  // namespace outboard::cli
