"""Operators' files, publishing, menus, announcements, sheets that people upload: what is refused, in Chinese; pure."""

from collections.abc import Mapping

FILES: Mapping[str, str] = {
    # drafts and versions
    "there is no such file": "没有这个文件",
    "a file has no NUL": "文件中不能有空字符",
    "that is no text: it has half a character": "不是文字：有残缺字符",
    "a file has {most} kB at most": "文件最大 {most} kB",
    "This file has been changed in another window since it was read: look at it again. Nothing was written.":
        "此文件打开后已在另一个窗口修改：请重新查看。没有保存",
    "A draft changes too many files: publish some of them first. Nothing was written.":
        "草稿改动的文件太多：请先发布一部分。没有保存",
    "The linter did not come to an end: look into the log.": "检查没有完成：请查看日志",
    "Somebody publishes, or goes back, on this ccore now: wait until that has ended. Nothing was changed.":
        "此 ccore 正有人发布或回退：请等其结束。没有更改",
    "another version is live now": "当前版本已变",
    "another version is live now: look at it first": "当前版本已变：请先查看",
    "another version is live now: {login} has made version {number} live": "当前版本已变：{login} 发布了版本 {number}",
    "there is nothing to publish: your draft is what is live": "没有可发布的内容：草稿与当前版本相同",
    "{login} has made version {version} live since you began on version {begun}: look at what is different, "
    "then publish again":
        "您从版本 {begun} 开始修改后，{login} 发布了版本 {version}：请查看差异，然后重新发布",
    "{login} has made version {version} ({note}) live since you began on version {begun}: look at what is different, "
    "then publish again":
        "您从版本 {begun} 开始修改后，{login} 发布了版本 {version}（{note}）：请查看差异，然后重新发布",
    "version {number} is live": "版本 {number} 就是当前版本",
    "there is no such publication": "没有这次发布",
    "there is no such version": "没有这个版本",
    # menus, prompts, announcements
    "there is no such hotline": "没有这个热线",
    "the files cannot be read: {file}, line {line}: {fault}": "文件无法读取：{file} 第 {line} 行：{fault}",
    "the prompts cannot be read: {fault}": "提示音无法读取：{fault}",
    "there is no such sound": "没有这个声音",
    "Somebody has prompts built on this site now: wait until that has ended.": "正在合成其他提示音：请等其结束",
    "Each of these prompts has a sound that says its words: there is nothing to build.":
        "这些提示音都有与文字一致的录音：无需合成",
    "A draft holds 200 sounds at most: publish them first, then build the rest.":
        "草稿中最多有 200 个新录音：请先发布，再合成其余的",
    "too many people walk through menus now: try again later": "正在试走菜单的人太多，请稍后再试",
    "this walk is over: begin another one": "试走已结束，请重新开始",
    "the call has ended: begin another one": "通话已结束，请重新开始",
    "at: there is no such time": "at：没有这个时间",
    "found: {why}": "查询结果：{why}",
    "{name}: no look-up of lookups.toml answers with that": "{name}：lookups.toml 中没有查询会给出它",
    "there are no menus yet": "还没有菜单",
    "{number} is no hotline of menus {version}": "{number} 不是菜单 {version} 中的热线",
    "menus {version} go round in circles at {node}": "菜单 {version} 在 {node} 处成了循环",
    "no message has that number yet": "还没有这个编号的短信",
    "the menus have no node {names}": "菜单中没有节点 {names}",
    "starts: within {days} days": "starts：须在 {days} 天内",
    "it has ended, or is not there": "已结束，或不存在",
    "there is no such announcement, or none in this language": "没有这个公告，或没有此语言的内容",
    "it would end before it begins, or is longer than five minutes": "结束早于开始，或声音超过五分钟",
    "{seconds} s long; an announcement has {least} to {most} s": "长 {seconds} 秒；公告应为 {least} 至 {most} 秒",
    "silent: nothing can be heard in it": "没有声音",
    "no WAV file that can be read: {error}": "无法读取的 WAV 文件：{error}",
    "{bits} bit; save it as WAV with 16 bit, PCM": "{bits} 位；请另存为 16 位 PCM 的 WAV",
    # sheets
    "the file cannot be read: {why}": "文件无法读取：{why}",
    "an old or encrypted workbook: save it as .xlsx or CSV, without a password":
        "旧版或加密的工作簿：请另存为无密码的 xlsx 或 CSV",
    "the file is not in {codec}: {error}": "文件编码不是 {codec}：{error}",
    "the text is not in {names}: save it as UTF-8, or name its encoding":
        "编码不是 {names}：请另存为 UTF-8，或指明编码",
    "a line has more than {most} MB: this is no CSV file": "有一行超过 {most} MB：不是 CSV 文件",
    "row {row} has a quotation mark that is never closed": "第 {row} 行的引号没有闭合",
    "more than {most} rows: send it in parts": "超过 {most} 行：请分几个文件上传",
    "row {row} has more than {most} columns": "第 {row} 行超过 {most} 列",
    "this is no workbook that can be read ({error})": "无法读取的工作簿（{error}）",
    "the workbook is broken: save it again": "工作簿已损坏：请重新保存",
    "the workbook would be {size} MB unpacked: save the sheet as CSV": "工作簿解压后有 {size} MB：请另存为 CSV",
    "there is no sheet {name}. Sheets: {names}": "没有工作表 {name}。工作表：{names}",
    "the workbook cannot be read to its end ({error})": "工作簿无法读完（{error}）",
    "the file needs too much memory: save it as CSV": "文件占用内存过多：请另存为 CSV",
    "the file is empty": "文件是空的",
    "it could not be read": "无法读取",
    "no column looks like telephone numbers: name it. Headings: {names}": "找不到号码列，请指明。表头：{names}",
    "there is no column {name}. Headings: {names}": "没有列 {name}。表头：{names}",
    "two columns are called {name}": "有两列都叫 {name}",
    "the first row names no column {wanted}. Headings: {names}": "首行缺少列 {wanted}。表头：{names}",
}  # fmt: skip
