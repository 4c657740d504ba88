//! The language as its authors meet it: good files, bad files, folders of files, the schema, the guide.

mod bad_file;
mod bad_step;
mod by_profile;
mod folder;
mod good;
mod guide;
mod sample;
mod schema;
