//! YAML → [`Profile`].

use std::path::Path;

use serde_json::Value;

use crate::profile::builtin::builtin;
use crate::profile::check::check;
use crate::profile::error::ProfileError;
use crate::profile::file::{ProfileFile, Quirk};
use crate::proto::policy::Policy;

/// How deep `extends` may go.
const DEEPEST: usize = 8;

/// The largest profile file in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A provider as data, ready to run.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name, with the era after `@`.
    pub name: String,
    /// A name for people.
    pub title: String,
    /// What it stands for.
    pub about: String,
    /// The profile that it builds on.
    pub extends: Option<String>,
    /// The ids of the quirks that stand in its own file.
    pub own: Vec<String>,
    /// Its quirks, those of the profile that it builds on first. A later quirk of the same id takes the place of an earlier one.
    pub quirks: Vec<Quirk>,
    /// What they add up to.
    pub policy: Policy,
}

/// Loads a shipped profile by name, or a file if `name` ends in `.yaml`, and changes it by `settings` of the form
/// `refresh.minimum_interval.span=1s`.
///
/// # Errors
/// [`ProfileError`], with the place of the mistake.
pub fn load(name: &str, settings: &[String]) -> Result<Profile, ProfileError> {
    load_without(name, None, settings)
}

/// The same, with one quirk left out where it was last defined: what that quirk does is what differs. A quirk of an era that replaces one of
/// its base leaves the base's in force.
///
/// # Errors
/// [`ProfileError`], with the place of the mistake.
pub fn load_without(name: &str, quirk: Option<&str>, settings: &[String]) -> Result<Profile, ProfileError> {
    let profile = if is_file(name) { read_file(Path::new(name), quirk)? } else { load_builtin(name, 0, quirk)? };
    profile.with(settings)
}

impl Profile {
    /// The profile with these settings, each `field.of.policy=value`: what [`load`] gives with them, without reading the file again.
    ///
    /// # Errors
    /// [`ProfileError`], with the setting.
    pub fn with(mut self, settings: &[String]) -> Result<Self, ProfileError> {
        for setting in settings {
            apply_setting(&mut self, setting)?;
        }
        Ok(self)
    }
}

/// Loads a profile file. Its name is the file's, without `.yaml`.
///
/// # Errors
/// [`ProfileError`], with the place of the mistake.
pub fn load_file(path: &Path) -> Result<Profile, ProfileError> {
    read_file(path, None)
}

fn read_file(path: &Path, without: Option<&str>) -> Result<Profile, ProfileError> {
    let shown = path.display().to_string();
    let unreadable = |why: String| ProfileError::Unreadable { path: shown.clone(), why };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > LARGEST {
        return Err(unreadable(format!("it is larger than {LARGEST} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    read(&name, &shown, &text, path.parent(), 0, without)
}

/// The JSON Schema of a policy, for editors and for [`Policy`]'s documentation.
#[must_use]
pub fn policy_schema() -> Value {
    schemars::schema_for!(Policy).to_value()
}

fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn load_builtin(name: &str, depth: usize, without: Option<&str>) -> Result<Profile, ProfileError> {
    read(name, &format!("profiles/{name}.yaml"), builtin(name)?, None, depth, without)
}

fn read(
    name: &str,
    path: &str,
    text: &str,
    folder: Option<&Path>,
    depth: usize,
    without: Option<&str>,
) -> Result<Profile, ProfileError> {
    let file: ProfileFile = serde_yaml::from_str(text)
        .map_err(|error| ProfileError::Syntax { path: path.to_owned(), message: error.to_string() })?;
    let is_here = without.is_some_and(|id| file.quirks.iter().any(|quirk| quirk.value.id == id));
    let below = without.filter(|_| !is_here);
    let base = match &file.extends {
        Some(_) if depth >= DEEPEST => {
            return Err(ProfileError::Circle { path: path.to_owned(), limit: DEEPEST });
        }
        Some(base) => Some(load_base(&base.value, folder, depth + 1, below).map_err(|why| {
            // A mistake in a base says its own place; a base that is not there is a mistake here.
            if !matches!(why, ProfileError::Unknown { .. }) {
                return why;
            }
            ProfileError::Extends { path: path.to_owned(), line: base.referenced.line(), why: Box::new(why) }
        })?),
        None => None,
    };
    let base = base.unwrap_or_else(|| Profile {
        name: String::new(),
        title: String::new(),
        about: String::new(),
        extends: None,
        own: Vec::new(),
        quirks: Vec::new(),
        policy: Policy::default(),
    });
    let own: Vec<(u64, Quirk)> = file.quirks.into_iter().map(|quirk| (quirk.referenced.line(), quirk.value)).collect();
    let wrong = |line: u64, quirk: &Quirk, field: String, message: String| ProfileError::Quirk {
        path: path.to_owned(),
        line,
        quirk: quirk.id.clone(),
        field,
        message,
    };
    let mut ids: Vec<String> = Vec::new();
    for (line, quirk) in &own {
        check_card(quirk, &ids)
            .map_err(|(field, message)| wrong(*line, quirk, field.to_owned(), message.to_owned()))?;
        ids.push(quirk.id.clone());
    }
    let own: Vec<(u64, Quirk)> = own
        .into_iter()
        .filter_map(|(line, quirk)| match (without == Some(quirk.id.as_str()), quirk.otherwise.clone()) {
            (false, _) => Some((line, quirk)),
            (true, otherwise) => otherwise.map(|set| (line, Quirk { set, ..quirk })),
        })
        .collect();
    let under = to_value(&base.policy);
    let policy = add_up(&under, &own).map_err(|(place, (field, message))| match own.get(place) {
        Some((line, quirk)) => wrong(*line, quirk, field, message),
        None => ProfileError::Syntax { path: path.to_owned(), message },
    })?;
    let over: Vec<Value> = own.iter().map(|(_, quirk)| Value::Object(quirk.set.clone())).collect();
    let mut quirks = base.quirks;
    quirks.retain(|older| {
        !ids.contains(&older.id) && in_force(&Value::Object(older.set.clone()), &over.iter().collect::<Vec<_>>())
    });
    quirks.extend(own.into_iter().map(|(_, quirk)| quirk));
    Ok(Profile {
        name: name.to_owned(),
        title: file.title,
        about: file.about,
        extends: file.extends.map(|base| base.value),
        own: ids,
        quirks,
        policy,
    })
}

/// Lays quirks over a policy. To read a policy costs more than to lay a quirk over one, so only where the whole cannot be read is it
/// read after each, to find the first that is wrong: the place of that quirk, its field, and what is wrong with it.
fn add_up(under: &Value, quirks: &[(u64, Quirk)]) -> Result<Policy, (usize, (String, String))> {
    let mut tree = under.clone();
    for (_, quirk) in quirks {
        merge(&mut tree, &Value::Object(quirk.set.clone()), "");
    }
    let whole = match to_policy(&tree) {
        Ok(policy) => return Ok(policy),
        Err(mistake) => mistake,
    };
    let mut tree = under.clone();
    for (place, (_, quirk)) in quirks.iter().enumerate() {
        merge(&mut tree, &Value::Object(quirk.set.clone()), "");
        to_policy(&tree).map_err(|mistake| (place, mistake))?;
    }
    Err((quirks.len(), whole))
}

/// Whether any field that a quirk sets is left alone by what is laid over it. One of which nothing is left is not the profile's any more.
fn in_force(set: &Value, over: &[&Value]) -> bool {
    match set {
        _ if over.is_empty() => true,
        Value::Object(set) if over.iter().all(|over| over.is_object()) => set
            .iter()
            .any(|(key, value)| in_force(value, &over.iter().filter_map(|over| over.get(key)).collect::<Vec<_>>())),
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            false
        }
    }
}

/// What a quirk says about itself.
fn check_card(quirk: &Quirk, others: &[String]) -> Result<(), (&'static str, &'static str)> {
    let kebab =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !quirk.id.split('-').all(kebab) {
        return Err(("id", "an id is in kebab case, as in `expires-in-is-text`"));
    }
    if others.contains(&quirk.id) {
        return Err(("id", "this file has another quirk of that id"));
    }
    if quirk.about.trim().is_empty() {
        return Err(("about", "a quirk says what it is"));
    }
    if quirk.source.iter().all(|source| source.trim().is_empty()) {
        return Err(("source", "a quirk says where it is known from"));
    }
    Ok(())
}

/// What a profile builds on: a shipped profile, or a file beside it.
fn load_base(name: &str, folder: Option<&Path>, depth: usize, without: Option<&str>) -> Result<Profile, ProfileError> {
    let beside = folder.map(|folder| folder.join(format!("{name}.yaml"))).filter(|path| path.is_file());
    match beside {
        Some(path) => {
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(&path)
                .map_err(|error| ProfileError::Unreadable { path: shown.clone(), why: error.to_string() })?;
            read(name, &shown, &text, folder, depth, without)
        }
        None => load_builtin(name, depth, without),
    }
}

fn apply_setting(profile: &mut Profile, setting: &str) -> Result<(), ProfileError> {
    let wrong = |message: String| ProfileError::Setting { setting: setting.to_owned(), message };
    let (field, value) =
        setting.split_once('=').ok_or_else(|| wrong("write it as `field.of.policy=value`".to_owned()))?;
    let value: Value = serde_yaml::from_str(value).map_err(|error| wrong(error.to_string()))?;
    let nested = field
        .rsplit('.')
        .fold(value, |inner, key| Value::Object(serde_json::Map::from_iter([(key.to_owned(), inner)])));
    let mut policy = to_value(&profile.policy);
    merge(&mut policy, &nested, "");
    profile.policy = to_policy(&policy).map_err(|(field, message)| wrong(format!("`{field}`: {message}")))?;
    Ok(())
}

/// The maps of a policy whose keys are names. In them `null` takes a name away; elsewhere it is a field's value.
const NAMED: [&str; 7] = ["headers", "redirect", "errors", "resources", "faults", "divisions", "limits"];

/// Lays `over` upon `under`: maps join, all else is replaced. `place` is the key that `under` stands at.
fn merge(under: &mut Value, over: &Value, place: &str) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() && NAMED.contains(&place) {
                    under.remove(key);
                } else {
                    merge(under.entry(key.clone()).or_insert(Value::Null), value, key);
                }
            }
        }
        // What is laid upon nothing may take names away that are not there.
        (under @ Value::Null, over @ Value::Object(_)) => {
            *under = Value::Object(serde_json::Map::new());
            merge(under, over, place);
        }
        (under, over) => *under = over.clone(),
    }
}

/// A policy as a tree. Every policy has one, since its keys are texts.
pub(crate) fn to_value(policy: &Policy) -> Value {
    serde_json::to_value(policy).unwrap_or_default()
}

fn to_policy(tree: &Value) -> Result<Policy, (String, String)> {
    let policy: Policy = serde_path_to_error::deserialize(tree)
        .map_err(|error| (error.path().to_string(), error.inner().to_string()))?;
    check(&policy)?;
    Ok(policy)
}
