/// The themes that come with the program, as the text of their files.
package enum EmbeddedThemes {
  /// Dark, with a warm accent.
  package static let ember = String(decoding: PackageResources.ember_toml, as: UTF8.self)

  /// Every theme by the name of its file, dark ones first.
  package static let files: [(name: String, text: String)] = [
    ("ember", ember),
    ("tide", String(decoding: PackageResources.tide_toml, as: UTF8.self)),
    ("paper", String(decoding: PackageResources.paper_toml, as: UTF8.self)),
    ("frost", String(decoding: PackageResources.frost_toml, as: UTF8.self)),
    ("contrast", String(decoding: PackageResources.contrast_toml, as: UTF8.self)),
    ("console", String(decoding: PackageResources.console_toml, as: UTF8.self)),
  ]
}
