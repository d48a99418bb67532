// outboard shell

#include <memory>
#include <string>

#include <CLI/App.hpp>

#include "cli/command.h"
#include "cli/database_file.h"
#include "cli/shell.h"

namespace outboard::cli {

namespace {

struct ShellArguments {
  std::string file;
  std::string mode = "table";
};

Result<void> run(const ShellArguments& arguments) {
  auto format = format_of(arguments.mode);
  if (!format)
    return fail(Code::bad_request, "there is no mode \"" + arguments.mode + "\"",
                "table, json and csv are the modes");
  auto db = TRY(open_file(arguments.file, IfMissing::create));
  {
    Shell shell(db, *format);
    TRY(shell.run());
  }
  return db.close();
}

}  // namespace

Command add_shell_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("shell", "Type SQL, and see what comes back");
  auto arguments = std::make_shared<ShellArguments>();
  parser->add_option("FILE", arguments->file, "The database; it is made if it is not there")
      ->required();
  parser->add_option("--mode", arguments->mode, "How rows are shown: table, json or csv")
      ->type_name("M")
      ->capture_default_str();
  parser->footer(
      "Ctrl-C takes back the statement that runs, Ctrl-D leaves. .help, inside, tells more.\n\n"
      "Example: look around\n"
      "  outboard shell notes.db\n"
      "  outboard> .tables\n"
      "  outboard> select * from note limit 10;\n"
      "Example: statements from a file, up to the first that fails\n"
      "  outboard shell notes.db < statements.sql");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
