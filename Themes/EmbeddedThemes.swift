/// The themes that come with the program, as the text of their files.
package enum EmbeddedThemes {
  /// Dark, with a warm accent.
  package static let ember = String(decoding: PackageResources.ember_toml, as: UTF8.self)
}
