//! The report: figures with what they are compared with, for a person and as JSON.

use std::{path::Path, time::Duration};

use serde::Serialize;

/// One measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    name: String,
    figure: f64,
    unit: &'static str,
    compared_with: Option<&'static str>,
    ratio: Option<f64>,
    goal: Option<&'static str>,
}

impl Comparison {
    /// A figure that others are compared with.
    pub(crate) fn plain(name: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self { name: name.into(), figure, unit, compared_with: None, ratio: None, goal: None }
    }

    /// A figure beside another.
    pub(crate) fn ratio(
        name: impl Into<String>,
        figure: f64,
        unit: &'static str,
        compared_with: &'static str,
        other: f64,
        goal: &'static str,
    ) -> Self {
        Self {
            name: name.into(),
            figure,
            unit,
            compared_with: Some(compared_with),
            ratio: Some(figure / other),
            goal: Some(goal),
        }
    }

    /// A time.
    pub(crate) fn latency(name: impl Into<String>, time: Duration, goal: &'static str) -> Self {
        Self {
            name: name.into(),
            figure: time.as_secs_f64() * 1e3,
            unit: "ms",
            compared_with: None,
            ratio: None,
            goal: Some(goal),
        }
    }
}

/// All measurements of a run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    measurements: Vec<Comparison>,
}

impl Report {
    /// Takes them up and shows them to a person at once: a run is long, and what ends it early must not take its figures along.
    pub(crate) fn add(&mut self, measurements: Vec<Comparison>) {
        for Comparison { name, figure, unit, compared_with, ratio, goal } in &measurements {
            println!("    {name}: {figure:.*} {unit}", usize::from(*figure < 100.0) * 2);
            if let (Some(other), Some(ratio)) = (compared_with, ratio) {
                println!("        {ratio:.2} × {other} (goal {})", goal.unwrap_or("none"));
            } else if let Some(goal) = goal {
                println!("        goal {goal}");
            }
        }
        self.measurements.extend(measurements);
    }

    /// Writes it as JSON.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        Ok(std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }
}
