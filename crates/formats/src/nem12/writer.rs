//! NEM12 from the model.
