// Keeps notes in an application with GLib's main loop, as GTK's are:  notes FILE [TITLE]...
// The loop is never held up: each answer comes as one more thing for it to do.
#include <outboard/outboard.hpp>

#include <glib.h>

#include <iostream>

class GlibExecutor : public outboard::Executor {
 public:
  void post(std::function<void()> work) override {
    g_idle_add_full(
        G_PRIORITY_DEFAULT,
        [](gpointer posted) -> gboolean {
          (*static_cast<std::function<void()>*>(posted))();
          return G_SOURCE_REMOVE;
        },
        new std::function<void()>(std::move(work)),
        [](gpointer posted) { delete static_cast<std::function<void()>*>(posted); });
  }
};

// What a window would be: it asks, and shows what comes.
class Notes {
 public:
  Notes(outboard::Database& db, GlibExecutor& loop, GMainLoop* main_loop)
      : db_(db), loop_(loop), main_loop_(main_loop) {}

  void add(const std::vector<std::vector<outboard::Value>>& titles) {
    db_.exec("create table if not exists note(id blob primary key, title text)")
        .on_ready(loop_, [this, titles](outboard::Result<outboard::Rows> made) {
          if (!made) return show(made.error());
          db_.many("insert into note values (uuid7(), ?)", titles)
              .on_ready(loop_, [this](outboard::Result<outboard::Rows> added) {
                if (!added) return show(added.error());
                list();
              });
        });
  }

 private:
  void list() {
    db_.exec("select title from note order by title")
        .on_ready(loop_, [this](outboard::Result<outboard::Rows> notes) {
          if (!notes) return show(notes.error());
          for (auto note : *notes) std::cout << note.text("title") << '\n';
          g_main_loop_quit(main_loop_);
        });
  }

  void show(const outboard::Error& error) {
    std::cerr << to_string(error) << '\n';
    g_main_loop_quit(main_loop_);
  }

  outboard::Database& db_;
  GlibExecutor& loop_;
  GMainLoop* main_loop_;
};

int main(int count, char** arguments) {
  if (count < 2) return 2;
  auto* main_loop = g_main_loop_new(nullptr, FALSE);
  GlibExecutor loop;  // outlives the database
  auto db = outboard::open(arguments[1]);
  if (!db) {
    std::cerr << to_string(db.error()) << '\n';
    return 1;
  }
  Notes notes(*db, loop, main_loop);
  std::vector<std::vector<outboard::Value>> titles;
  for (int i = 2; i < count; ++i) titles.push_back({arguments[i]});
  notes.add(titles);
  g_main_loop_run(main_loop);
  g_main_loop_unref(main_loop);
}
