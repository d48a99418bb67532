// VfsPlace: a place behind our own VFS: files in memory, gone with the engine, or whatever else
// implements Files.
#pragma once

#include "store/files.h"
#include "store/place.h"
#include "store/vfs.h"

namespace outboard {

class VfsPlace : public Place {
 public:
  VfsPlace(std::string path, std::unique_ptr<Files> files, Platform& platform)
      : path_(std::move(path)),
        files_(std::move(files)),
        created_(files_->size(FileSlot::database).bytes == 0),
        vfs_(*files_, platform),
        vfs_name_(vfs_.name()) {}

  const std::string& file() const override { return file_; }
  const std::string& vfs() const override { return vfs_name_; }
  const std::string& path() const override { return path_; }
  bool created() const override { return created_; }

 private:
  std::string path_;
  std::string file_ = "db";
  std::unique_ptr<Files> files_;
  bool created_;
  Vfs vfs_;
  std::string vfs_name_;
};

std::unique_ptr<Place> place_in_memory(const std::string& name, Platform& platform);

}  // namespace outboard
