//! Looks at the built page again when it changes, so that a new `npm run build` reaches the binary.

fn main() {
    println!("cargo:rerun-if-changed=../../web/dist");
}
