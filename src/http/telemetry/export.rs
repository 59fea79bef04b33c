//! GET /runs/{id}/export and GET /telemetry/{id}/files/{name}: whole tables, and files as they are.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use actix_web::{HttpResponse, get};
use civitas_telemetry::{Export, Format, Table};
use futures_util::stream;

use super::head::{DEPENDS_ON, Head, accepted};
use super::query::{Asked, TickParams, Ticks, nothing};
use super::whose::{Meant, OfNode, WhosePath, index_of};
use crate::http::errors::{ApiError, ApiResult, ErrorBody, ErrorCode};
use crate::http::runs::RunPath;

/// Read a table of a run's telemetry, whole or at some ticks.
#[utoipa::path(tag = "Telemetry",
    params(RunPath, TickParams,
        ("table" = Option<String>, Query, description = "`metrics`, `environment`, `events` or `agents`; metrics where it is left out."),
        ("format" = Option<String>, Query, description = "`parquet`, `csv`, `json` or `arrow`, a stream of Arrow IPC; where it is left out, \
            the first of these that `Accept` names, or csv.")),
    responses(
        (status = 200, description = "The table.", content(
            (String = "text/csv"), (Object = "application/json"),
            (Vec<u8> = "application/vnd.apache.arrow.stream"), (Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/runs/{id}/export")]
pub(super) async fn export_run(head: Head) -> ApiResult<HttpResponse> {
    let ((table, format, ticks), meant) = head.asked(of_run).await?;
    let Meant { record, runs: None } = meant else {
        let detail = "this is the id of a node; export one of its runs: /api/v1/telemetry/{id} lists them";
        return Err(ApiError::new(ErrorCode::RunNotFound, detail));
    };
    let format = format.or_else(|| accepted(&head.request)).unwrap_or(Format::Csv);
    let index = index_of(&head.state, &record).await?;
    let export = Export::new(head.state.reader()?, &index, table, format, ticks)?;
    let pieces = stream::unfold(Some(export), |export| async {
        let mut export = export?;
        match export.next().await {
            Ok(piece) => piece.map(|piece| (Ok(piece), Some(export))),
            Err(error) => {
                // The answer has begun: all that is left is to break it off.
                tracing::error!(%error, "an export broke off");
                Some((Err(error), None))
            }
        }
    });
    let name = format!("attachment; filename=\"{}.{}\"", table.as_str(), format.extension());
    Ok(HttpResponse::Ok()
        .insert_header((VARY, DEPENDS_ON))
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(pieces))
}

/// What of a run is exported, and how, where that is said.
fn of_run(asked: &mut Asked) -> ApiResult<(Table, Option<Format>, Ticks)> {
    let table = asked.word("table", &Table::ALL.map(Table::as_str))?.unwrap_or(Table::Metrics.as_str());
    let format = asked.word("format", &Format::ALL.map(Format::as_str))?;
    let table = Table::ALL.into_iter().find(|known| known.as_str() == table).unwrap_or(Table::Metrics);
    let format = format.and_then(|format| Format::ALL.into_iter().find(|known| known.as_str() == format));
    Ok((table, format, asked.ticks()?))
}

/// Read a file of the index as it is: Parquet.
#[utoipa::path(tag = "Telemetry",
    params(WhosePath, OfNode, ("name" = String, Path, description = "The file's name in the index.")),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/vnd.apache.parquet"),
        (status = 304, description = "As the client has it."),
        (status = 404, description = "`RUN_NOT_FOUND`, `NO_TELEMETRY`", body = ErrorBody)
))]
#[get("/telemetry/{id}/files/{name}")]
pub(super) async fn telemetry_file(head: Head) -> ApiResult<HttpResponse> {
    let name = head.request.match_info().get("name").unwrap_or_default().to_owned();
    head.answer(nothing, async |found, ()| {
        let bytes = found.reader.whole_file(&found.index, &name).await?;
        Ok(found.answer(Format::Parquet.content_type(), bytes))
    })
    .await
}
