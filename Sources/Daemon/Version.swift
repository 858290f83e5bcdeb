/// The program's version, as `--version` and the `User-Agent` of its requests have it.
package let version = "0.1.0"
